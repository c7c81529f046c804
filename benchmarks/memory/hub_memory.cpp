// What the hub itself holds for an idle session and for a subscription: over a transport that owns nothing, with all policies
// on. Each scenario runs in a process of its own; one JSON object each.

#include "bench/memory.hpp"
#include "bench/null_transport.hpp"

#include <kingbolt/engine/journal.hpp>
#include <kingbolt/engine/topic_index.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace kb = kingbolt;
using namespace std::chrono_literals;

struct Memory {
    std::size_t allocated = bench::allocated_bytes();
    std::size_t resident = bench::resident_bytes();
};

void report(std::string_view scenario, std::uint64_t count, const Memory& before, std::size_t not_the_hubs = 0) {
    const Memory after;
    const auto each = [&](std::size_t now, std::size_t then) {
        return (static_cast<double>(now) - static_cast<double>(then)) / static_cast<double>(count) - static_cast<double>(not_the_hubs);
    };
    std::printf(R"({"scenario": "%.*s", "count": %llu, "allocated_bytes_each": %.1f, "resident_bytes_each": %.1f})"
                "\n",
                static_cast<int>(scenario.size()), scenario.data(), static_cast<unsigned long long>(count),
                each(after.allocated, before.allocated), each(after.resident, before.resident));
    std::fflush(stdout);
}

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

template <class Scenario>
void in_a_process_of_its_own(Scenario&& scenario) {
    const pid_t child = fork();
    if (child == 0) {
        scenario();
        std::fflush(stdout);
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) std::abort();
}

}  // namespace

int main() {
    in_a_process_of_its_own([] { sessions(100'000); });
    in_a_process_of_its_own([] { subscriptions(1'000'000, 1); });
    in_a_process_of_its_own([] { subscriptions(100'000, 10); });
    in_a_process_of_its_own([] { subscriptions(10'000, 100); });
    in_a_process_of_its_own([] { subscriptions(1'000, 1'000); });
}
