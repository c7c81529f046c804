// What the hub itself holds for an idle session and for a subscription: over a transport that owns nothing, with all policies
// on. Each scenario runs in a process of its own; one JSON object each.

#include "bench/null_transport.hpp"
#include "scenario.hpp"

#include <kingbolt/engine/journal.hpp>
#include <kingbolt/engine/topic_index.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

namespace kb = kingbolt;
using namespace std::chrono_literals;
using bench::in_a_process_of_its_own;
using bench::Memory;
using bench::report;

/// A session from its upgrade on, through pings that are answered and messages that it hears.
void sessions(std::uint32_t count) {
    bench::NullTransport transport;
    kb::testing::ManualClock clock;
    kb::Journal journal;
    kb::Hub hub{transport, clock, journal, kb::RateLimiter{}, kb::Seed{1}};
    std::vector<bench::NullTransport::Connection*> connections;
    connections.reserve(count);
    constexpr std::size_t transports = sizeof(bench::NullTransport::Connection);

    const Memory before;
    for (std::uint32_t i = 0; i < count; ++i) connections.push_back(&transport.connect());
    report("session, open", count, before, transports);

    for (auto elapsed = 0s; elapsed < 60s; elapsed += 1s) {
        clock.advance(1s);
        transport.tick();
        transport.turn();
        transport.answer_pings();
    }
    report("session, open for two ping intervals", count, before, transports);

    for (auto* connection : connections) hub.find(connection->session())->subscribe("agents.*");
    report("session, with one subscription", count, before, transports);

    for (int i = 0; i < 32; ++i) hub.publish("agents.1", std::string(64, 'x'));
    transport.turn();
    report("session, after a burst of 32 messages", count, before, transports);
    std::printf(R"({"scenario": "session object", "count": 1, "allocated_bytes_each": %zu})"
                "\n",
                hub.session_size());
}

void subscriptions(std::uint32_t sessions, std::uint32_t topics) {
    kb::engine::TopicIndex index;
    const Memory before;
    for (std::uint32_t session = 0; session < sessions; ++session)
        for (std::uint32_t topic = 0; topic < topics; ++topic) index.subscribe(session, "agents." + std::to_string(topic));
    report("pair, " + std::to_string(sessions) + " sessions x " + std::to_string(topics) + " topics", index.subscriptions(), before);
}

}  // namespace

int main() {
    in_a_process_of_its_own([] { sessions(100'000); });
    in_a_process_of_its_own([] { subscriptions(1'000'000, 1); });
    in_a_process_of_its_own([] { subscriptions(100'000, 10); });
    in_a_process_of_its_own([] { subscriptions(10'000, 100); });
    in_a_process_of_its_own([] { subscriptions(1'000, 1'000); });
}
