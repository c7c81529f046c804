// How the small examples run, with signals that this process sends itself.

#include "../../examples/common/example.hpp"

#include "support/catch.hpp"

#include <asio/post.hpp>

#include <csignal>

namespace {

struct Transport {
    static int port() { return 1; }
    void reload() { ++reloads; }
    int reloads = 0;
};

struct Hub {
    void drain(const kingbolt::DrainPlan&) { ++drains; }
    int drains = 0;
};

}  // namespace

TEST_CASE("a hang-up just before or after the end keeps no server from ending") {
    const auto [first, second, reloads] = GENERATE(table<int, int, int>({{SIGHUP, SIGTERM, 1}, {SIGTERM, SIGHUP, 0}}));
    asio::io_context io;
    Transport transport;
    Hub hub;
    // Both are there before the loop looks for either.
    asio::post(io, [first = first, second = second] {
        std::raise(first);
        std::raise(second);
    });
    example::run(io, example::Arguments{}, transport, hub);
    CHECK(transport.reloads == reloads);
    CHECK(hub.drains == 1);
}
