// 11 · Limits: how much of everything one client may have, one address, and all of them together.
//
// Proves: bounds are policies, a line each. Too many connections of one address are told 429 before anything is read of them, who sends
// too fast is made to wait by TCP rather than thrown out, pings and subscriptions are counted too, and when the hub's memory gets short,
// queues give way first and the worst offenders go last. --dry-run only reports what the limits of a client would do.
// Does not prove: which bounds are yours. Try them with --dry-run first.

#include "../common/example.hpp"

#include <kingbolt/engine/describe.hpp>
#include <kingbolt/policy/admission_control.hpp>
#include <kingbolt/policy/client_limits.hpp>
#include <kingbolt/policy/memory_budget.hpp>
#include <kingbolt/policy/trusted_proxies.hpp>

#include <exception>
#include <iostream>

namespace kb = kingbolt;
using namespace kingbolt::literals;

int main(int argc, char** argv) try {
    bool dry_run = false;
    const auto arguments = example::read_arguments(
        argc, argv, [&](CLI::App& app) { app.add_flag("--dry-run", dry_run, "report what exceeds a client's limits, and nothing else"); });

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    // [limits]
    kb::Hub hub{server, kb::AdmissionControl{.max_connections = 10'000, .max_per_ip = 5, .handshakes_per_ip = 20},
                kb::TrustedProxies{{"10.0.0.0/8"}}, kb::RateLimiter{.per_second = 20, .burst = 40},
                kb::ClientLimits{.bytes_per_second = 100'000, .byte_burst = 1_MiB, .on_excess = kb::OnExcess::throttle, .dry_run = dry_run},
                kb::MemoryBudget{.max_bytes = 64_MiB},
                // [limits]
                arguments.keep_alive, arguments.deadlines,
                kb::On{[](const kb::event::TurnedAway& e) { std::clog << e.remote << " turned away: " << e.reason << '\n'; }},
                kb::On{[](const kb::event::LimitExceeded& e) {
                    std::clog << e.session << ": too many " << to_string(e.limit) << ", " << to_string(e.action) << '\n';
                }},
                kb::On{[](const kb::event::Closed& e) { std::clog << kb::describe(e) << '\n'; }}};

    hub.on_open([](kb::Session& client) { client.subscribe("all"); });
    hub.on_message([&hub](kb::Session&, kb::Message message) { hub.publish("all", message); });

    example::run(io, arguments, server, hub);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
