#pragma once
// After a connection: whether the client comes back, and when.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/policy/backoff.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt::client::detail {

/// Why there is no connection, or no longer.
struct Ending {
    std::string reason{};
    std::optional<CloseCode> code{};  ///< with which a connection ended
    bool comes_back = true;
    std::optional<Duration> after{};  ///< what the server wants
    std::string detail{};             ///< what the network said
};

/// The `after_ms` in the reason of a Close frame, a day at most.
inline std::optional<Duration> delay_in(std::string_view reason) noexcept {
    constexpr std::string_view name = "after_ms=";
    const std::size_t at = reason.find(name);
    if (at == std::string_view::npos || (at > 0 && reason[at - 1] != ' ')) return std::nullopt;
    const std::string_view digits = reason.substr(at + name.size());
    std::uint32_t n = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    constexpr std::uint32_t day = 24 * 3600 * 1000;
    if (error != std::errc{} || n > day) return std::nullopt;
    if (end != digits.data() + digits.size() && *end != ' ') return std::nullopt;
    return std::chrono::milliseconds{n};
}

/// A Close frame.
inline Ending ending_of(CloseCode code, std::string_view reason) {
    return {.reason = std::string{reason.empty() ? "closed_by_server" : reason},
            .code = code,
            .comes_back = may_come_back(code),
            .after = delay_in(reason)};
}

/// Decorrelated jitter in whole milliseconds. `random` gives a number from 0 to 1.
class Pauses {
public:
    Pauses(Backoff backoff, std::function<double()> random) : backoff_{backoff}, random_{std::move(random)} {}

    Duration next() {
        backoff_.next_at(state_, random_());
        return state_.previous = std::chrono::floor<std::chrono::milliseconds>(state_.previous);
    }
    void begin_anew() noexcept { state_ = {}; }

private:
    Backoff backoff_;
    Backoff::State state_{};
    std::function<double()> random_;
};

}  // namespace kingbolt::client::detail
