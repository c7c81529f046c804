// 05 · Threads: two workers publish, each at its own pace, while the hub serves its clients on a third thread.
//
// Proves: `publish` may be called from any thread; what one thread publishes arrives in its order.
// Does not prove: that one hub uses several cores. It does its work on one loop; the workers only hand over.

#include "../common/example.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <thread>

namespace kb = kingbolt;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    const auto arguments = example::read_arguments(argc, argv);

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    kb::Hub hub{server, arguments.keep_alive, arguments.deadlines};
    hub.on_open([](kb::Session& client) { client.subscribe("ticks.*"); });

    // [publish]
    const auto worker = [&hub](std::stop_token stop, std::string_view name, auto pace) {
        const auto topic = "ticks." + std::string{name};
        for (int n = 1; !stop.stop_requested(); ++n) {
            hub.publish(topic, topic + ' ' + std::to_string(n));
            std::this_thread::sleep_for(pace);
        }
    };
    // Made after the hub, so stopped and joined before it goes.
    const std::jthread slow{worker, "slow", 200ms};
    const std::jthread fast{worker, "fast", 20ms};
    // [publish]

    example::run(io, arguments, server, hub);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
