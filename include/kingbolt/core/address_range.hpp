#pragma once
// A network by its prefix, as configurations write it: `10.0.0.0/8`, `2001:db8::/32`, or one address.

#include <kingbolt/core/remote_address.hpp>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace kingbolt {

struct AddressRange {
    RemoteAddress first{};  ///< all bits behind `bits` are 0
    unsigned bits = 128;    ///< of the 128 that RemoteAddress keeps: `10.0.0.0/8` has 96 + 8

    /// IPv4 addresses as RemoteAddress keeps them.
    bool contains(const RemoteAddress& address) const noexcept {
        for (std::size_t i = 0; i < bits / 8; ++i) {
            if (first.bytes[i] != address.bytes[i]) return false;
        }
        return bits % 8 == 0 || (first.bytes[bits / 8] ^ address.bytes[bits / 8]) >> (8 - bits % 8) == 0;
    }

    /// Nothing when it is neither an address nor a network, or when bits are set behind the prefix, which is a slip more often than not.
    static std::optional<AddressRange> parse(std::string_view text) {
        const auto slash = text.find('/');
        const auto first = RemoteAddress::parse_address(text.substr(0, slash));
        if (!first) return std::nullopt;
        AddressRange range{.first = *first};
        if (slash == std::string_view::npos) return range;

        const std::string_view digits = text.substr(slash + 1);
        const unsigned most = first->is_v4() ? 32 : 128;
        unsigned bits = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (error != std::errc{} || end != digits.data() + digits.size() || bits > most) return std::nullopt;
        range.bits = 128 - most + bits;
        for (unsigned bit = range.bits; bit < 128; ++bit) {
            if ((first->bytes[bit / 8] >> (7 - bit % 8) & 1U) != 0) return std::nullopt;
        }
        return range;
    }
};

}  // namespace kingbolt
