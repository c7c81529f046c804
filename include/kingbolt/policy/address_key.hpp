#pragma once
// Under which keys a client's address is counted: one person's share of the address space, and one site's.

#include <kingbolt/core/remote_address.hpp>
#include <kingbolt/policy/keyed_table.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace kingbolt {

namespace detail {

constexpr std::uint64_t big_endian_word(const RemoteAddress& address, std::size_t from) noexcept {
    std::uint64_t word = 0;
    for (std::size_t i = from; i < from + 8; ++i) word = word << 8U | address.bytes[i];
    return word;
}

}  // namespace detail

/// The whole of an IPv4 address, the /64 of an IPv6 one: within its /64 a host takes any address it likes (RFC 8981).
inline TableKey client_key(const RemoteAddress& address) noexcept {
    if (address.is_v4()) return {.high = 0, .low = detail::big_endian_word(address, 8)};
    return {.high = detail::big_endian_word(address, 0), .low = 64};
}

/// The /48 of an IPv6 address: what one site gets, 65,536 networks of /64 (RFC 6177 §2). An IPv4 address has none.
inline std::optional<TableKey> site_key(const RemoteAddress& address) noexcept {
    if (address.is_v4()) return std::nullopt;
    return TableKey{.high = detail::big_endian_word(address, 0) & ~std::uint64_t{0xFFFF}, .low = 48};
}

}  // namespace kingbolt
