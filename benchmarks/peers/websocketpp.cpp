// websocketpp as its own broadcast example uses it: a set of connections and a `send` for each. No keep-alive, no queue limits, no
// topics, no journal.
//
//     peer_websocketpp PORT fanout|echo

#include "bench/memory_on_request.hpp"
#include "bench/server.hpp"

#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

#include <memory>
#include <set>

namespace {

using Server = websocketpp::server<websocketpp::config::asio>;
using Handle = websocketpp::connection_hdl;

}  // namespace

int main(int argc, char** argv) {
    bench::allow_many_sockets();
    const auto arguments = bench::server_arguments(argc, argv);
    asio::io_context io;
    bench::MemoryOnRequest memory{io};

    Server server;
    server.clear_access_channels(websocketpp::log::alevel::all);
    server.clear_error_channels(websocketpp::log::elevel::all);
    server.init_asio(&io);
    server.set_reuse_addr(true);
    server.set_listen_backlog(1024);
    server.set_tcp_post_init_handler(
        [&](Handle client) { server.get_con_from_hdl(client)->get_raw_socket().set_option(asio::ip::tcp::no_delay{true}); });

    // [hub]
    std::set<Handle, std::owner_less<Handle>> subscribers;
    server.set_open_handler([&](Handle client) {
        if (server.get_con_from_hdl(client)->get_resource() != "/publish") subscribers.insert(client);
    });
    server.set_close_handler([&](Handle client) { subscribers.erase(client); });
    server.set_message_handler([&](Handle from, Server::message_ptr message) {
        if (arguments.mode == bench::Mode::echo)
            server.send(from, message->get_payload(), message->get_opcode());
        else
            for (const Handle& subscriber : subscribers) server.send(subscriber, message->get_payload(), message->get_opcode());
    });
    // [hub]

    server.listen(asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), arguments.port});
    server.start_accept();
    websocketpp::lib::asio::error_code error;
    bench::announce_port(server.get_local_endpoint(error).port());
    io.run();
}
