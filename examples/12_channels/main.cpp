// 12 · Channels: rooms to chat in. Clients speak kingbolt.v1.json (docs/protocol.md), as text:
//
//     {"type":"subscribe","topic":"chat.lobby","presence":true}                       hear what is said, and who comes and goes
//     {"type":"publish","topic":"chat.lobby","event":"said","data":{"text":"hi"}}     say something
//     {"type":"subscribe","topic":"chat.lobby","epoch":"…","seq":4}                   go on where the connection was lost
//     {"type":"call","id":1,"method":"dice"}                                          throw the dice
//
// Proves: a protocol worth having is one object on a hub. Each topic numbers its events and keeps its past, so that a client that comes
// back misses nothing, or is told that it did; presence is an option of a topic, publishing another, and a method is a function. Does not
// prove: who may say what. Give the hub an Authenticator and an Authorizer, as in 10_jwt; the channels ask them.

#include "../common/example.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/protocol/json.hpp>

#include <exception>
#include <random>
#include <string>

namespace kb = kingbolt;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    const auto arguments = example::read_arguments(argc, argv);

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    kb::Hub hub{server, arguments.keep_alive, arguments.deadlines};

    kb::Channels channels{hub, kb::protocol::Json{}, {.ping_interval = arguments.keep_alive.ping_interval}};
    channels.configure("chat.*", {.history = {{.events = 100, .age = 1h}}, .presence = true, .client_publish = true});
    channels.configure("news", {.retain = true});
    channels.publish("news", "opened", R"("the rooms are open")");
    channels.method("dice", [random = std::mt19937{std::random_device{}()}](const kb::Call& call) mutable {
        call.reply(std::to_string(std::uniform_int_distribution{1, 6}(random)));
    });

    example::run(io, arguments, server, hub);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
