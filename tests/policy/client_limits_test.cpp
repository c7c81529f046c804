#include <kingbolt/policy/client_limits.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};
constexpr std::size_t largest = std::size_t{1} << 40U;

}  // namespace

TEST_CASE("the largest burst at the smallest rate, and a debt without end, do not overflow") {
    const ClientLimits limits{
        .bytes_per_second = 1, .byte_burst = largest, .control_frames_per_second = 0.001, .control_frame_burst = 1'000'000};
    limits.validate();
    ClientLimits::State state;
    for (int i = 0; i < 1'000; ++i) {
        REQUIRE(limits.on_message(state, start, 1'000));
        REQUIRE(limits.on_control_frame(state, start));
    }
    bool refused = false;
    for (int i = 0; i < 1'000; ++i) {
        const bool admitted{limits.on_message(state, start, largest)};
        REQUIRE_FALSE((refused && admitted));
        refused = !admitted;
        REQUIRE(limits.debt(state, start) >= 0s);
    }
    CHECK(refused);

    const ClientLimits tight{.control_frames_per_second = 0.001, .control_frame_burst = 1, .dry_run = true};
    ClientLimits::State debtor;
    CHECK(tight.on_control_frame(debtor, start));
    for (int i = 0; i < 1'000'000; ++i) {
        const Admission admission = tight.on_control_frame(debtor, start);
        if (admission || admission.retry_after <= 0s) FAIL("after " << i);
    }
}

TEST_CASE("a debt is what has been sent too much, and time pays it off") {
    const ClientLimits limits{.bytes_per_second = 100, .byte_burst = 1'000, .control_frames_per_second = 1, .control_frame_burst = 10};
    ClientLimits::State state;
    CHECK(limits.debt(state, start) == 0s);
    CHECK(limits.on_message(state, start, 1'000));
    CHECK(limits.debt(state, start) == 0s);
    CHECK_FALSE(limits.on_message(state, start, 3'000));
    for (int i = 0; i < 15; ++i) limits.on_control_frame(state, start);
    CHECK(limits.debt(state, start) == 30s);
    CHECK(limits.debt(state, start + 29s) == 1s);
    CHECK(limits.debt(state, start + 31s) == 0s);
    const ClientLimits control_only{.control_frames_per_second = 1, .control_frame_burst = 10};
    CHECK(control_only.debt(state, start) == 5s);
}
