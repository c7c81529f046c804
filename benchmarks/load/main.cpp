// The load generator.
//
//     load fanout PORT PID SUBSCRIBERS BYTES IN_A_ROW MILLISECONDS     prints one JSON object
//     load idle PORT CONNECTIONS                                       prints "connected", and keeps them until its input ends

#include "clients.hpp"
#include "fanout.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace {

constexpr auto usage = "usage: load fanout PORT PID SUBSCRIBERS BYTES IN_A_ROW MILLISECONDS | load idle PORT CONNECTIONS\n";

template <class Number>
Number number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value == 0)
        throw std::invalid_argument{"\"" + std::string{text} + "\" is not a positive number"};
    return value;
}

void allow_many_sockets() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int fanout(char** arguments) {
    const load::FanoutPlan plan{.port = number<std::uint16_t>(arguments[0]),
                                .server_pid = number<int>(arguments[1]),
                                .subscribers = number<std::size_t>(arguments[2]),
                                .bytes = number<std::size_t>(arguments[3]),
                                .in_a_row = number<std::size_t>(arguments[4]),
                                .length = std::chrono::milliseconds{number<unsigned>(arguments[5])}};
    const auto result = load::run_fanout(plan);
    const auto us = [](std::chrono::nanoseconds d) { return static_cast<double>(d.count()) / 1e3; };
    std::printf(
        R"({"deliveries": %llu, "seconds": %.3f, "cpu_us_per_delivery": %.4f, "latency_us": {"p50": %.1f, "p99": %.1f, "max": %.1f}})"
        "\n",
        static_cast<unsigned long long>(result.deliveries), static_cast<double>(result.elapsed.count()) / 1e9,
        us(result.server_cpu) / static_cast<double>(result.deliveries), us(result.latencies.quantile(0.5)),
        us(result.latencies.quantile(0.99)), us(result.latencies.max()));
    return 0;
}

int idle(char** arguments) {
    load::Clients clients{number<std::uint16_t>(arguments[0]), "/", number<std::size_t>(arguments[1])};
    std::puts("connected");
    std::fflush(stdout);
    for (pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}; poll(&input, 1, 0) == 0;)
        clients.receive(std::chrono::milliseconds{100}, [](auto&&...) {});
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    allow_many_sockets();
    try {
        const std::string_view scenario = argc > 1 ? argv[1] : "";
        if (scenario == "fanout" && argc == 8) return fanout(argv + 2);
        if (scenario == "idle" && argc == 4) return idle(argv + 2);
        std::fputs(usage, stderr);
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "load %s: %s\n", argv[1], error.what());
        return 1;
    }
}
