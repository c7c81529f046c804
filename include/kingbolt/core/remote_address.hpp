#pragma once
// The address in `address:port`, as 16 bytes, and the network around it: what several clients behind one link have in common.

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kingbolt {

/// IPv4 is kept as IPv6 keeps it, `::ffff:a.b.c.d`.
struct RemoteAddress {
    std::array<std::uint8_t, 16> bytes{};  ///< in network order

    auto operator<=>(const RemoteAddress&) const = default;

    /// Kept as IPv6, but IPv4.
    bool is_v4() const noexcept {
        return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) && bytes[10] == 0xFF && bytes[11] == 0xFF;
    }
    /// The /24 of an IPv4 address, the /64 of an IPv6 one.
    RemoteAddress network() const noexcept {
        RemoteAddress masked = *this;
        std::fill(masked.bytes.begin() + (is_v4() ? 15 : 8), masked.bytes.end(), std::uint8_t{0});
        return masked;
    }
    /// `192.0.2.7`; IPv6 in eight groups, not shortened.
    std::string text() const {
        std::string out;
        if (is_v4()) {
            for (std::size_t i = 12; i < 16; ++i) out.append(i == 12 ? "" : ".").append(std::to_string(bytes[i]));
            return out;
        }
        for (std::size_t i = 0; i < 16; i += 2) {
            std::array<char, 4> hex;
            const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), (unsigned{bytes[i]} << 8U) | bytes[i + 1], 16).ptr;
            out.append(i == 0 ? "" : ":").append(hex.data(), end);
        }
        return out;
    }
    /// With its length: `192.0.2.0/24`.
    std::string network_text() const { return network().text() + (is_v4() ? "/24" : "/64"); }

    /// From `192.0.2.7:5123`, `[2001:db8::7]:5123` or an address alone; nothing when it is neither.
    static std::optional<RemoteAddress> parse(std::string_view remote) {
        if (remote.starts_with('[')) return parse_v6(remote.substr(1, remote.find(']') - 1));
        const auto colon = remote.find(':');
        if (colon == remote.rfind(':')) return parse_v4(remote.substr(0, colon));
        return parse_v6(remote);
    }
    /// From an address and nothing else: no port, no brackets, no interface.
    static std::optional<RemoteAddress> parse_address(std::string_view text) {
        if (text.find(':') == std::string_view::npos) return parse_v4(text);
        return text.find('%') == std::string_view::npos ? parse_v6(text) : std::nullopt;
    }

private:
    template <int base>
    static std::optional<unsigned> number(std::string_view digits, unsigned most) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
        if (error != std::errc{} || end != digits.data() + digits.size() || value > most) return std::nullopt;
        return value;
    }

    static std::optional<RemoteAddress> parse_v4(std::string_view text) {
        RemoteAddress address;
        address.bytes[10] = address.bytes[11] = 0xFF;
        for (std::size_t i = 12; i < 16; ++i) {
            const auto dot = text.find('.');
            const auto digits = text.substr(0, dot);
            if (digits.starts_with('0') && digits.size() > 1) return std::nullopt;  // octal for some, decimal for others
            const auto part = number<10>(digits, 255);
            if (!part || (dot == std::string_view::npos) != (i == 15)) return std::nullopt;
            address.bytes[i] = static_cast<std::uint8_t>(*part);
            if (i < 15) text.remove_prefix(dot + 1);
        }
        return address;
    }

    static std::optional<RemoteAddress> parse_v6(std::string_view text) {
        text = text.substr(0, text.find('%'));  // without the interface
        if (text.starts_with("::ffff:") && text.find('.') != std::string_view::npos) return parse_v4(text.substr(7));
        RemoteAddress address;
        const auto gap = text.find("::");
        if (gap == std::string_view::npos) return groups(text, address, 0) == 16 ? std::optional{address} : std::nullopt;
        RemoteAddress tail;
        const auto before = groups(text.substr(0, gap), address, 0);
        const auto after = groups(text.substr(gap + 2), tail, 0);
        if (!before || !after || *before + *after > 14) return std::nullopt;
        std::copy_n(tail.bytes.begin(), *after, address.bytes.end() - static_cast<std::ptrdiff_t>(*after));
        return address;
    }

    /// Writes `a:b:c` into `out`, two bytes each; returns how many bytes.
    static std::optional<std::size_t> groups(std::string_view text, RemoteAddress& out, std::size_t at) {
        while (!text.empty()) {
            const auto colon = text.find(':');
            const auto group = number<16>(text.substr(0, colon), 0xFFFF);
            if (!group || at == 16) return std::nullopt;
            out.bytes[at++] = static_cast<std::uint8_t>(*group >> 8U);
            out.bytes[at++] = static_cast<std::uint8_t>(*group & 0xFFU);
            if (colon == std::string_view::npos) return at;
            text.remove_prefix(colon + 1);
            if (text.empty()) return std::nullopt;
        }
        return at;
    }
};

}  // namespace kingbolt
