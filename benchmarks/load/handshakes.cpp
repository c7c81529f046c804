#include "handshakes.hpp"

#include "client.hpp"

#include <chrono>
#include <vector>

namespace load {
namespace {

// A closed connection may block its client's port for a minute (TIME_WAIT): each batch comes from another address.
constexpr unsigned addresses = 200;

}  // namespace

Measured run_handshakes(const Target& target, std::size_t at_once) {
    unsigned batch = 0;
    std::vector<Client> clients;
    const auto run_for = [&](std::chrono::milliseconds length, Measured& measured) {
        for (const auto start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - start < length;) {
            ++batch;
            for (std::size_t i = 0; i < at_once; ++i)
                clients.emplace_back(Approach{.port = target.port, .from = loopback(batch % addresses)});
            for (Client& client : clients) client.await_upgrade();
            for (const Client& client : clients) client.start_closing();
            for (Client& client : clients) client.await_closed();
            clients.clear();
            measured.count += at_once;
        }
    };
    Measured warm_up, measured;
    run_for(target.warm_up, warm_up);
    measure(measured, target.server_pid, [&] { run_for(target.length, measured); });
    return measured;
}

}  // namespace load
