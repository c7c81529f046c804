// What one idle session costs the hub, and what a message costs each of its readers.

#include <kingbolt/engine/journal.hpp>
#include <kingbolt/engine/pulse.hpp>
#include <kingbolt/engine/send_queue.hpp>
#include <kingbolt/engine/session_record.hpp>
#include <kingbolt/engine/session_table.hpp>
#include <kingbolt/policy/client_limits.hpp>
#include <kingbolt/policy/keep_alive.hpp>
#include <kingbolt/policy/rate_limiter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "memory/allocations.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;
using test::Measure;

namespace {

struct Connection {};

struct Commands final : engine::SessionCommands {
    std::error_code send(Session&, Message) override { return {}; }
    std::error_code subscribe(Session&, std::string_view) override { return {}; }
    void unsubscribe(Session&, std::string_view) override {}
    void close(Session&, CloseCode, std::string_view) override {}
    const Identity* identity_of(const Session&) const noexcept override { return nullptr; }
    bool permits(const Session&, Action, std::string_view) const override { return true; }
    void refresh(Session&, std::string_view, std::function<void(std::error_code)>) override {}
};

constexpr TimePoint start{1h};

}  // namespace

TEST_CASE("an idle session costs the hub less than 1 KiB: record, table, keep-alive and appointment") {
    constexpr std::uint32_t sessions = 10'000;
    Commands commands;
    Connection connection;
    const Measure measure;
    engine::SessionTable<engine::SessionRecord<Connection, RateLimiter, ClientLimits::State>> table;
    engine::Pulse<KeepAlive> pulse{KeepAlive{}, start};
    for (std::uint32_t n = 0; n < sessions; ++n) {
        auto& record = table.emplace(commands, connection, "255.255.255.255:65535", start);
        record.set_request("/a/path/of/some/length", 0);
        pulse.add(record.id().index, start + 10s);
        pulse.open(record.id().index, start, n * 0x9E37'79B9'7F4A'7C15U);
    }
    const std::size_t per_session = measure.held() / sessions;
    CHECK(per_session < 1'024);
    CHECK(per_session < 700);  // as measured, with a little room
}

TEST_CASE("a queue owns nothing before its first message and gives back what a burst took") {
    const Outbox bounds;
    const auto ignore = [](const Frame&, bool) {};
    const Frame frame = Frame::encode(Opcode::text, "x");
    std::vector<Frame> batch;
    batch.reserve(2'000);

    Measure measure;
    engine::SendQueue queue;
    const std::size_t fresh = measure.held();
    for (int n = 0; n < 1'000; ++n) queue.offer(frame, bounds, WhenFull::disconnect, ignore);
    const std::size_t burst = measure.held();
    queue.take(batch, 1_MiB);
    queue.written(3'000, true);
    const std::size_t after = measure.held();
    CHECK(fresh == 0);
    CHECK(burst >= 1'024 * sizeof(Frame));
    CHECK(burst <= 1'025 * sizeof(Frame));  // the compiler notes an array's length in front of it
    CHECK(after == 0);
}

TEST_CASE("a frame is one allocation, and every queue that holds it holds a pointer") {
    const Outbox bounds;
    const auto ignore = [](const Frame&, bool) {};
    std::vector<engine::SendQueue> queues(1'000);
    const std::string payload(10'000, 'x');

    const Measure encoding;
    const Frame frame = Frame::encode(Opcode::text, payload);
    const std::uint64_t allocations = encoding.count();
    const std::size_t size = encoding.held();
    const Measure queueing;
    for (engine::SendQueue& queue : queues) queue.offer(frame, bounds, WhenFull::disconnect, ignore);
    const std::size_t queued = queueing.held();
    CHECK(allocations == 1);
    CHECK(size < 10'000 + 64);
    CHECK(queued <= 1'000 * (4 + 1) * sizeof(Frame));  // room for four, and the length
    static_assert(sizeof(Frame) == sizeof(void*));
}

TEST_CASE("the journal costs 80 bytes an entry and 16 a connection, whatever happens") {
    const Measure measure;
    Journal journal{{.capacity = 10'000}};
    const std::size_t empty = measure.held();
    for (std::uint32_t n = 0; n < 100'000; ++n)
        journal(event::PingSent{.session = {.index = n % 1'024, .generation = 1}, .sequence = n, .at = start});
    const std::size_t full = measure.held();
    CHECK(empty == 10'000 * 80);
    CHECK(full - empty <= 1'024 * 16 + sizeof(void*));  // and the pointer to their block
}

TEST_CASE("an appointment costs the wheel a few bytes") {
    constexpr std::uint32_t ids = 100'000;
    const Measure measure;
    engine::TimerWheel wheel{start};
    for (std::uint32_t id = 0; id < ids; ++id) wheel.schedule(id, start + id * 300us);
    CHECK(measure.held() / ids <= 16);
    CHECK(wheel.scheduled() == ids);
}
