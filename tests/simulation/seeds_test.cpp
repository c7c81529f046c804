// Many plays, each from its own seed. KINGBOLT_SIMULATION_SEEDS says how many (1,000), KINGBOLT_SIMULATION_FIRST_SEED which
// is the first (1): to see a failure again, play its seed alone.

#include "from_environment.hpp"
#include "play.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <set>
#include <string>

namespace {

namespace kb = kingbolt;

kb::test::Outcome play(std::uint64_t seed) {
    try {
        return kb::test::Play{seed}.run();
    } catch (const std::exception& error) {
        return {.faults = {error.what()}};
    }
}

}  // namespace

TEST_CASE("whatever happens, the hub keeps its promises, and one seed gives one run") {
    const auto seeds = kb::test::from_environment("KINGBOLT_SIMULATION_SEEDS", 1000);
    const auto first = kb::test::from_environment("KINGBOLT_SIMULATION_FIRST_SEED", 1);
    std::set<kb::Cause> causes;
    std::set<std::uint64_t> traces;
    std::uint64_t published = 0, received = 0, dropped = 0;
    std::size_t failed = 0;
    for (std::uint64_t seed = first; seed < first + seeds && failed < 10; ++seed) {
        const auto outcome = play(seed);
        causes.insert(outcome.causes.begin(), outcome.causes.end());
        traces.insert(outcome.trace);
        published += outcome.published;
        received += outcome.received;
        dropped += outcome.dropped;
        if (!outcome.faults.empty()) {
            ++failed;
            std::string text;
            for (std::size_t i = 0; i < std::min<std::size_t>(outcome.faults.size(), 10); ++i) text += "\n  " + outcome.faults[i];
            FAIL_CHECK("seed " << seed << ": " << outcome.faults.size() << " faults" << text);
        } else if (seed % 10 == 0) {
            INFO("seed " << seed);
            CHECK(play(seed).trace == outcome.trace);
        }
    }
    if (failed > 0) return;
    CHECK(traces.size() == seeds);
    if (seeds < 100) return;
    // The plays are worth something only if things happen in them.
    CHECK(received > seeds * 1000);
    CHECK(dropped > seeds * 10);
    CHECK(published > seeds * 200);
    using kb::Cause;
    for (const Cause cause :
         {Cause::client_close, Cause::eof_without_close, Cause::reset_by_peer, Cause::pong_timeout, Cause::write_stalled,
          Cause::slow_consumer, Cause::rate_limited, Cause::message_too_big, Cause::protocol_error, Cause::invalid_utf8,
          Cause::handshake_timeout, Cause::bad_handshake, Cause::upgrade_refused, Cause::http_request, Cause::server_drain,
          Cause::handler_error, Cause::application_close}) {
        INFO(kb::to_string(cause));
        CHECK(causes.contains(cause));
    }
}
