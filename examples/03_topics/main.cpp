// 03 · Topics: clients say what they want to hear. In text messages:
//
//     +news.sport     subscribe to a topic, or with +news.* to all below it
//     -news.sport     unsubscribe
//     news.sport hi   publish "hi" to a topic
//
// Proves: exact topics and wildcards; each topic counts its messages, so that a subscriber can see a gap; what cannot be done
// comes back as an error code. A client that reads slowly loses the oldest of `news.*`, not its connection.
// Does not prove: a protocol worth having; 12_channels speaks one.

#include "../common/example.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <system_error>

namespace kb = kingbolt;

int main(int argc, char** argv) try {
    const auto arguments = example::read_arguments(argc, argv);

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    // [hub]
    kb::Hub hub{server, arguments.keep_alive, arguments.deadlines};
    hub.configure_topic("news.*", {.when_full = kb::WhenFull::drop_oldest});

    hub.on_message([&hub](kb::Session& from, kb::Message message) {
        const std::string_view said = message.text();
        std::error_code error;
        if (said.starts_with('+')) {
            error = from.subscribe(said.substr(1));
        } else if (said.starts_with('-')) {
            from.unsubscribe(said.substr(1));
        } else {
            const auto space = std::min(said.find(' '), said.size());
            const std::string topic{said.substr(0, space)}, text{said.substr(space)};
            error = hub.publish(topic, [&](std::uint64_t sequence) { return topic + " #" + std::to_string(sequence) + text; });
        }
        from.send(error ? "error: " + error.message() : std::string{"ok"});
    });
    // [hub]

    example::run(io, arguments, server, hub);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
