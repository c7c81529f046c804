// Every option's range, and that a value outside of it is named together with the range.

#include <kingbolt/policy/admission_control.hpp>
#include <kingbolt/policy/auth_backoff.hpp>
#include <kingbolt/policy/deadlines.hpp>
#include <kingbolt/policy/drain_plan.hpp>
#include <kingbolt/policy/keep_alive.hpp>
#include <kingbolt/policy/outbox.hpp>
#include <kingbolt/policy/permessage_deflate.hpp>
#include <kingbolt/policy/rate_limiter.hpp>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

template <class Policy>
void accepted(const Policy& policy) {
    CHECK_NOTHROW(policy.validate());
}

template <class Policy>
void refused(const Policy& policy, const std::string& option, const std::string& value, const std::string& range = {}) {
    INFO(option << " = " << value);
    try {
        policy.validate();
        FAIL_CHECK("accepted");
    } catch (const InvalidOption& error) {
        CHECK(error.option() == option);
        CHECK(error.value() == value);
        CHECK_FALSE(error.range().empty());
        if (!range.empty()) CHECK(error.range() == range);
        CHECK_FALSE(error.cure().empty());
    }
}

}  // namespace

TEST_CASE("the defaults are in range") {
    accepted(KeepAlive{});
    accepted(RateLimiter{});
    accepted(Outbox{});
    accepted(Deadlines{});
    accepted(DrainPlan{});
    accepted(PermessageDeflate{});
    accepted(AdmissionControl{});
    accepted(AuthBackoff{});
}

TEST_CASE("KeepAlive.ping_interval is 10 ms to 24 h") {
    accepted(KeepAlive{.ping_interval = 10ms, .pong_timeout = 10ms});
    accepted(KeepAlive{.ping_interval = 24h});
    refused(KeepAlive{.ping_interval = 9ms, .pong_timeout = 1ms}, "KeepAlive.ping_interval", "9 ms");
    refused(KeepAlive{.ping_interval = 24h + 1ms}, "KeepAlive.ping_interval", "86400001 ms");
    refused(KeepAlive{.ping_interval = -30s}, "KeepAlive.ping_interval", "-30000 ms");
    refused(KeepAlive{.ping_interval = Duration::zero()}, "KeepAlive.ping_interval", "0 ms");
}

TEST_CASE("KeepAlive.pong_timeout is 1 ms to ping_interval, and the range says what that is") {
    accepted(KeepAlive{.ping_interval = 30s, .pong_timeout = 1ms});
    accepted(KeepAlive{.ping_interval = 30s, .pong_timeout = 30s});
    refused(KeepAlive{.pong_timeout = 999us}, "KeepAlive.pong_timeout", "0 ms");
    refused(KeepAlive{.ping_interval = 30s, .pong_timeout = 30'001ms}, "KeepAlive.pong_timeout", "30001 ms",
            "1 ms to ping_interval, 30000 ms");
}

TEST_CASE("KeepAlive.max_missed_pongs is 1 to 100") {
    accepted(KeepAlive{.max_missed_pongs = 1});
    accepted(KeepAlive{.max_missed_pongs = 100});
    refused(KeepAlive{.max_missed_pongs = 0}, "KeepAlive.max_missed_pongs", "0");
    refused(KeepAlive{.max_missed_pongs = 101}, "KeepAlive.max_missed_pongs", "101");
}

TEST_CASE("RateLimiter.per_second is 0.001 to 1e9") {
    accepted(RateLimiter{.per_second = 0.001});
    accepted(RateLimiter{.per_second = 1e9});
    refused(RateLimiter{.per_second = 0.0009}, "RateLimiter.per_second", "0.000900");
    refused(RateLimiter{.per_second = 0}, "RateLimiter.per_second", "0.000000");
    refused(RateLimiter{.per_second = -1}, "RateLimiter.per_second", "-1.000000");
    refused(RateLimiter{.per_second = 1.1e9}, "RateLimiter.per_second", "1100000000.000000");
    refused(RateLimiter{.per_second = std::numeric_limits<double>::infinity()}, "RateLimiter.per_second", "inf");
    refused(RateLimiter{.per_second = std::nan("")}, "RateLimiter.per_second", "nan");
}

TEST_CASE("RateLimiter.burst is 1 to 1,000,000") {
    accepted(RateLimiter{.burst = 1});
    accepted(RateLimiter{.burst = 1'000'000});
    refused(RateLimiter{.burst = 0}, "RateLimiter.burst", "0");
    refused(RateLimiter{.burst = 1'000'001}, "RateLimiter.burst", "1000001");
}

TEST_CASE("Outbox.max_bytes is 1 KiB to 1 GiB, Outbox.max_messages 1 to 1,000,000") {
    accepted(Outbox{.max_bytes = 1_KiB, .max_messages = 1});
    accepted(Outbox{.max_bytes = 1_GiB, .max_messages = 1'000'000});
    refused(Outbox{.max_bytes = 1_KiB - 1}, "Outbox.max_bytes", "1023");
    refused(Outbox{.max_bytes = 1_GiB + 1}, "Outbox.max_bytes", "1073741825");
    refused(Outbox{.max_messages = 0}, "Outbox.max_messages", "0");
    refused(Outbox{.max_messages = 1'000'001}, "Outbox.max_messages", "1000001");
}

TEST_CASE("Deadlines are 10 ms to 1 h") {
    accepted(Deadlines{.handshake = 10ms, .close = 10ms});
    accepted(Deadlines{.handshake = 1h, .close = 1h});
    refused(Deadlines{.handshake = 9ms}, "Deadlines.handshake", "9 ms");
    refused(Deadlines{.handshake = 1h + 1ms}, "Deadlines.handshake", "3600001 ms");
    refused(Deadlines{.close = 9ms}, "Deadlines.close", "9 ms");
    refused(Deadlines{.close = 1h + 1ms}, "Deadlines.close", "3600001 ms");
}

TEST_CASE("DrainPlan.deadline is 100 ms to 1 h, DrainPlan.reconnects_per_second above 0 and at most 1e9") {
    accepted(DrainPlan{.deadline = 100ms, .reconnects_per_second = 0.001});
    accepted(DrainPlan{.deadline = 1h, .reconnects_per_second = 1e9});
    refused(DrainPlan{.deadline = 99ms}, "DrainPlan.deadline", "99 ms");
    refused(DrainPlan{.deadline = 1h + 1ms}, "DrainPlan.deadline", "3600001 ms");
    refused(DrainPlan{.reconnects_per_second = 0}, "DrainPlan.reconnects_per_second", "0.000000");
    refused(DrainPlan{.reconnects_per_second = -5}, "DrainPlan.reconnects_per_second", "-5.000000");
    refused(DrainPlan{.reconnects_per_second = 2e9}, "DrainPlan.reconnects_per_second", "2000000000.000000");
    refused(DrainPlan{.reconnects_per_second = std::nan("")}, "DrainPlan.reconnects_per_second", "nan");
}

TEST_CASE("PermessageDeflate: levels are 1 to 9, windows 9 to 15, min_size 1 byte to 1 GiB, max_ratio 1 to 2,000") {
    accepted(PermessageDeflate{.level = 1, .min_size = 1, .server_max_window_bits = 9, .client_max_window_bits = 9, .memory_level = 1});
    accepted(PermessageDeflate{.level = 9, .min_size = 1_GiB, .memory_level = 9});
    refused(PermessageDeflate{.level = 0}, "PermessageDeflate.level", "0", "1 to 9");
    refused(PermessageDeflate{.level = 10}, "PermessageDeflate.level", "10");
    refused(PermessageDeflate{.max_ratio = 0}, "PermessageDeflate.max_ratio", "0", "1 to 2,000");
    refused(PermessageDeflate{.max_ratio = 2'001}, "PermessageDeflate.max_ratio", "2001");
    refused(PermessageDeflate{.min_size = 0}, "PermessageDeflate.min_size", "0");
    refused(PermessageDeflate{.min_size = 1_GiB + 1}, "PermessageDeflate.min_size", "1073741825");
    refused(PermessageDeflate{.server_max_window_bits = 8}, "PermessageDeflate.server_max_window_bits", "8", "9 to 15");
    refused(PermessageDeflate{.server_max_window_bits = 16}, "PermessageDeflate.server_max_window_bits", "16");
    refused(PermessageDeflate{.client_max_window_bits = 8}, "PermessageDeflate.client_max_window_bits", "8", "9 to 15");
    refused(PermessageDeflate{.client_max_window_bits = 16}, "PermessageDeflate.client_max_window_bits", "16");
    refused(PermessageDeflate{.memory_level = 0}, "PermessageDeflate.memory_level", "0", "1 to 9");
    refused(PermessageDeflate{.memory_level = 10}, "PermessageDeflate.memory_level", "10");
}

TEST_CASE("AdmissionControl: counts are at least 1, rates 0.001 to 1e9 a second, the window 1 ms to 1 h") {
    accepted(AdmissionControl{.max_connections = 1,
                              .accepts_per_second = 0.001,
                              .accept_burst = 1,
                              .max_per_ip = 1,
                              .handshakes_per_ip = 1,
                              .handshake_window = 1ms,
                              .table_size = 8});
    accepted(AdmissionControl{
        .max_per_site = 1'000'000, .handshakes_per_site = 1'000'000, .handshake_window = 1h, .max_per_subject = 1'000'000});
    refused(AdmissionControl{.max_connections = 0}, "AdmissionControl.max_connections", "0", "1 to 100000000");
    refused(AdmissionControl{.max_connections = 100'000'001}, "AdmissionControl.max_connections", "100000001");
    refused(AdmissionControl{.accepts_per_second = 0}, "AdmissionControl.accepts_per_second", "0.000000");
    refused(AdmissionControl{.accepts_per_second = std::nan("")}, "AdmissionControl.accepts_per_second", "nan");
    refused(AdmissionControl{.accepts_per_second = 2e9}, "AdmissionControl.accepts_per_second", "2000000000.000000");
    refused(AdmissionControl{.accept_burst = 0}, "AdmissionControl.accept_burst", "0");
    refused(AdmissionControl{.max_per_ip = 0}, "AdmissionControl.max_per_ip", "0");
    refused(AdmissionControl{.max_per_site = 1'000'001}, "AdmissionControl.max_per_site", "1000001", "0 to 1000000");
    refused(AdmissionControl{.handshakes_per_ip = 0}, "AdmissionControl.handshakes_per_ip", "0");
    refused(AdmissionControl{.handshakes_per_site = 1'000'001}, "AdmissionControl.handshakes_per_site", "1000001");
    refused(AdmissionControl{.handshake_window = 0ms}, "AdmissionControl.handshake_window", "0 ms");
    refused(AdmissionControl{.handshake_window = 1h + 1ms}, "AdmissionControl.handshake_window", "3600001 ms");
    refused(AdmissionControl{.max_per_subject = 1'000'001}, "AdmissionControl.max_per_subject", "1000001");
    refused(AdmissionControl{.table_size = 7}, "AdmissionControl.table_size", "7");
    refused(AdmissionControl{.table_size = (std::size_t{1} << 28U) + 1}, "AdmissionControl.table_size", "268435457");
}

TEST_CASE("AuthBackoff: up to 100 failures are free, locks are 1 ms to 24 h, a failure is forgotten after 1 s to 24 h") {
    accepted(AuthBackoff{.free_failures = 0, .first = 1ms, .longest = 1ms, .decay = 1s, .table_size = 8});
    accepted(AuthBackoff{.free_failures = 100, .first = 24h, .longest = 24h, .decay = 24h});
    refused(AuthBackoff{.free_failures = 101}, "AuthBackoff.free_failures", "101", "0 to 100");
    refused(AuthBackoff{.first = 999us}, "AuthBackoff.first", "0 ms");
    refused(AuthBackoff{.first = 2s, .longest = 1s}, "AuthBackoff.first", "2000 ms", "1 ms to longest, 1000 ms");
    refused(AuthBackoff{.longest = 0ms}, "AuthBackoff.longest", "0 ms");
    refused(AuthBackoff{.longest = 24h + 1ms}, "AuthBackoff.longest", "86400001 ms");
    refused(AuthBackoff{.decay = 999ms}, "AuthBackoff.decay", "999 ms");
    refused(AuthBackoff{.decay = 24h + 1ms}, "AuthBackoff.decay", "86400001 ms");
    refused(AuthBackoff{.table_size = 7}, "AuthBackoff.table_size", "7");
    refused(AuthBackoff{.table_size = (std::size_t{1} << 28U) + 1}, "AuthBackoff.table_size", "268435457");
}
