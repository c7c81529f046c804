// A client connects and goes away again; the hub hears of it, drains and lets the loop end.

#include <kingbolt/hub.hpp>
#include <kingbolt/transport/native.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <functional>
#include <system_error>

int main() {
    namespace kb = kingbolt;
    asio::io_context io;
    kb::transport::Native server{io};

    std::function<void()> when_closed;
    kb::Hub hub{server, kb::On{[&](const kb::event::Closed&) { when_closed(); }}};
    bool closed = false;
    when_closed = [&] {
        closed = true;
        hub.drain();
    };

    asio::ip::tcp::socket client{io};
    client.async_connect({asio::ip::make_address("127.0.0.1"), server.port()}, [&](std::error_code) { client.close(); });
    io.run_for(std::chrono::seconds{10});
    return closed && io.stopped() ? 0 : 1;
}
