// Nobody listens: the client says so, and what waited is told when it is stopped.

#include <kingbolt/client.hpp>

#include <asio/io_context.hpp>

#include <chrono>

int main() {
    namespace kb = kingbolt;
    asio::io_context io;
    kb::Client client{io.get_executor(), {.url = "ws://127.0.0.1:1/"}};
    client.on({.on_state = [&client](const kb::client::StateChanged& e) {
        if (e.state == kb::client::State::waiting) client.stop();
    }});
    client.start();
    bool told = false;
    client.async_call("status", "{}", [&told](const kb::client::CallResult& r) { told = r.error == kb::Errc::client_stopped; });
    io.run_for(std::chrono::seconds{10});
    return told && io.stopped() ? 0 : 1;
}
