// The load generator.

#include "clients.hpp"
#include "command_line.hpp"
#include "echo.hpp"
#include "fanout.hpp"
#include "handshakes.hpp"
#include "rate.hpp"
#include "recover.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace {

constexpr auto usage =
    "usage: load fanout     PORT PID MILLISECONDS SUBSCRIBERS BYTES IN_A_ROW\n"
    "       load events     PORT PID MILLISECONDS SUBSCRIBERS BYTES IN_A_ROW\n"
    "       load deflated   PORT PID MILLISECONDS SUBSCRIBERS BYTES IN_A_ROW\n"
    "       load rate       PORT PID MILLISECONDS SUBSCRIBERS BYTES PER_SECOND\n"
    "       load recover    PORT PID MILLISECONDS SUBSCRIBERS BYTES PER_SECOND [CLIENTS]\n"
    "       load listen     PORT PID MILLISECONDS SUBSCRIBERS\n"
    "       load echo       PORT PID MILLISECONDS CONNECTIONS IN_FLIGHT BYTES\n"
    "       load handshakes PORT PID MILLISECONDS AT_ONCE\n"
    "       load idle       PORT CONNECTIONS\n"
    "`events` is `fanout` with messages like JSON, `deflated` the same for subscribers that ask for compression.\n"
    "PID is the server's. `idle` prints \"connected\" and keeps its connections until its input ends; the others print one JSON object.\n";

void print(const load::Measured& measured) {
    const auto us = [](std::chrono::nanoseconds d) { return static_cast<double>(d.count()) / 1e3; };
    const auto latency = [&](double share) { return us(measured.latencies.quantile(share)); };
    const double seconds = static_cast<double>(measured.elapsed.count()) / 1e9;
    std::printf(
        R"({"count": %llu, "seconds": %.3f, "per_second": %.0f, "cpu_us": %.4f, "latency_us": {"p50": %.1f, "p99": %.1f, "p999": %.1f}})"
        "\n",
        static_cast<unsigned long long>(measured.count), seconds, static_cast<double>(measured.count) / seconds,
        us(measured.server_cpu) / static_cast<double>(measured.count), latency(0.5), latency(0.99), latency(0.999));
}

void idle(std::uint16_t port, std::size_t connections) {
    load::Clients clients{port, "/", connections};
    std::puts("connected");
    std::fflush(stdout);
    for (pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}; ::poll(&input, 1, 0) == 0;)
        clients.receive(std::chrono::milliseconds{100}, [](auto&&...) {});
}

bool run(std::string_view scenario, std::span<char*> words) {
    if (scenario == "idle" && words.size() == 2) {
        idle(load::number<std::uint16_t>(words[0]), load::number(words[1]));
        return true;
    }
    if (words.size() < 3) return false;
    const load::Target target{.port = load::number<std::uint16_t>(words[0]),
                              .server_pid = load::number<int>(words[1]),
                              .length = std::chrono::milliseconds{load::number<unsigned>(words[2])}};
    const auto rest = words.subspan(3);
    if (scenario == "fanout" && rest.size() == 3)
        print(
            run_fanout(target, {.subscribers = load::number(rest[0]), .bytes = load::number(rest[1]), .in_a_row = load::number(rest[2])}));
    else if ((scenario == "events" || scenario == "deflated") && rest.size() == 3)
        print(run_fanout(target, {.subscribers = load::number(rest[0]),
                                  .bytes = load::number(rest[1]),
                                  .in_a_row = load::number(rest[2]),
                                  .events = true,
                                  .offer = scenario == "deflated" ? load::Offer::compression : load::Offer::nothing}));
    else if (scenario == "rate" && rest.size() == 3)
        print(run_rate(
            target, {.subscribers = load::number(rest[0]), .bytes = load::number(rest[1]), .per_second = load::number<unsigned>(rest[2])}));
    else if (scenario == "recover" && (rest.size() == 3 || rest.size() == 4))
        print(run_recover(
            target,
            {.live = {.subscribers = load::number(rest[0]), .bytes = load::number(rest[1]), .per_second = load::number<unsigned>(rest[2])},
             .clients = rest.size() == 4 ? load::number(rest[3]) : 0}));
    else if (scenario == "listen" && rest.size() == 1)
        print(run_listen(target, load::number(rest[0])));
    else if (scenario == "echo" && rest.size() == 3)
        print(run_echo(target, {.connections = load::number(rest[0]), .in_flight = load::number(rest[1]), .bytes = load::number(rest[2])}));
    else if (scenario == "handshakes" && rest.size() == 1)
        print(run_handshakes(target, load::number(rest[0])));
    else
        return false;
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    load::allow_many_sockets();
    const std::span words{argv, static_cast<std::size_t>(argc)};
    try {
        if (words.size() > 1 && run(words[1], words.subspan(2))) return 0;
        std::fputs(usage, stderr);
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "load %s: %s\n", argv[1], error.what());
        return 1;
    }
}
