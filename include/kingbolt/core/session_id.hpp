#pragma once
// A session's name for as long as the hub lives: a slot and how often that slot has been used, so that an old id never
// means somebody new.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>

namespace kingbolt {

/// Which session. It may be kept: the id of one that has gone names nobody else, until its place has been taken 2^32 times.
struct SessionId {
    std::uint32_t index = 0;       ///< its place in the hub
    std::uint32_t generation = 0;  ///< 0 names nobody

    constexpr auto operator<=>(const SessionId&) const = default;
    constexpr explicit operator bool() const noexcept { return generation != 0; }
    /// Both in one number, for tables and other processes.
    constexpr std::uint64_t value() const noexcept { return (std::uint64_t{generation} << 32U) | index; }
    /// Back again.
    static constexpr SessionId from_value(std::uint64_t v) noexcept {
        return {static_cast<std::uint32_t>(v), static_cast<std::uint32_t>(v >> 32U)};
    }
};

/// `#index.generation`, as in log lines.
inline std::ostream& operator<<(std::ostream& out, SessionId id) { return out << '#' << id.index << '.' << id.generation; }

}  // namespace kingbolt

/// For unordered containers.
template <>
struct std::hash<kingbolt::SessionId> {
    std::size_t operator()(kingbolt::SessionId id) const noexcept { return std::hash<std::uint64_t>{}(id.value()); }
};
