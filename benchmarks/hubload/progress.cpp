#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

namespace hubload {
namespace {

constexpr std::size_t bar_width = 24;
constexpr auto redraw = std::chrono::milliseconds{100};
constexpr int seconds_between_lines = 10;

std::string bar(double share) {
    const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * bar_width);
    return '[' + std::string(full, '#') + std::string(bar_width - full, '.') + ']';
}

}  // namespace

Progress::Progress(const Scenario& scenario) : scenario_{scenario}, terminal_{isatty(STDERR_FILENO) == 1} {}

void Progress::coming(std::size_t there, std::size_t of) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now - drawn_ < redraw) return;
    drawn_ = now;
    std::fprintf(stderr, "\r\033[K%s %s %zu of %zu clients are there", scenario_.name.c_str(),
                 bar(static_cast<double>(there) / static_cast<double>(of)).c_str(), there, of);
}

void Progress::playing() {
    std::fprintf(stderr, "%s%s: all %zu clients are there; %lld s to warm up, %lld s to measure\n", terminal_ ? "\r\033[K" : "",
                 scenario_.name.c_str(), scenario_.sockets(), static_cast<long long>(scenario_.warm_up.count()),
                 static_cast<long long>(scenario_.length.count()));
}

void Progress::second(const Sample& sample) {
    const auto warm_up = static_cast<double>(scenario_.warm_up.count()), length = static_cast<double>(scenario_.length.count());
    const int second = static_cast<int>(sample.at + warm_up);
    if (!terminal_ && second % seconds_between_lines != 0) return;
    std::array<char, 200> figures{};
    std::snprintf(figures.data(), figures.size(), "%3.0f %%  %d of %.0f s  %llu events/s  p99 %.2f ms  max %.2f ms  %.1f MiB  CPU %.0f %%",
                  100 * second / (warm_up + length), second, warm_up + length, static_cast<unsigned long long>(sample.events), sample.p99,
                  sample.max, static_cast<double>(sample.memory.value_or(0)) / 1048576, sample.cpu.value_or(0));
    if (terminal_)
        std::fprintf(stderr, "\r\033[K%s %s %s", scenario_.name.c_str(), bar(second / (warm_up + length)).c_str(), figures.data());
    else
        std::fprintf(stderr, "%s: %s\n", scenario_.name.c_str(), figures.data());
}

void Progress::done() {
    if (terminal_) std::fputs("\r\033[K", stderr);
}

}  // namespace hubload
