#include "units.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <iterator>
#include <ratio>
#include <utility>

namespace reference_server {
namespace {

constexpr std::pair<std::string_view, kingbolt::Duration> time_units[] = {{"h", 1h}, {"min", 1min}, {"s", 1s}, {"ms", 1ms}};
constexpr std::pair<std::string_view, std::size_t> size_units[] = {{"MiB", 1_MiB}, {"KiB", 1_KiB}, {"", 1}};

/// The number at the start of `text`, and what follows it.
template <class Number>
std::optional<std::pair<Number, std::string_view>> leading_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return std::pair{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

/// `value` in the first of `units`, largest first, that divides it.
template <class Value, class Units>
std::string in_largest_unit(Value value, const Units& units) {
    for (const auto& [name, unit] : units)
        if (value >= unit && value % unit == Value{}) return std::to_string(value / unit) + std::string{name};
    return "0" + std::string{std::rbegin(units)->first};
}

}  // namespace

std::optional<kingbolt::Duration> parse_duration(std::string_view text) {
    const auto number = leading_number<double>(text);
    if (!number) return std::nullopt;
    for (const auto& [name, unit] : time_units) {
        if (number->second != name) continue;
        const double nanoseconds = number->first * static_cast<double>(unit.count());
        if (!(nanoseconds >= 0 && nanoseconds < 9e18)) return std::nullopt;
        return kingbolt::Duration{std::llround(nanoseconds)};
    }
    return std::nullopt;
}

std::optional<std::size_t> parse_size(std::string_view text) {
    const auto number = leading_number<std::size_t>(text);
    if (!number) return std::nullopt;
    for (const auto& [name, unit] : size_units)
        if (number->second == name && number->first <= SIZE_MAX / unit) return number->first * unit;
    return std::nullopt;
}

std::optional<std::uint32_t> parse_count(std::string_view text) {
    const auto number = leading_number<std::uint32_t>(text);
    if (!number || !number->second.empty()) return std::nullopt;
    return number->first;
}

std::optional<Address> parse_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const auto port = leading_number<std::uint16_t>(text.substr(colon + 1));
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return std::nullopt;
    }
    if (host.empty() || !port || !port->second.empty()) return std::nullopt;
    return Address{std::string{host}, port->first};
}

std::string to_text(kingbolt::Duration duration) {
    if (duration % 1ms == 0ms) return in_largest_unit(duration, time_units);
    char digits[32];
    const double milliseconds = std::chrono::duration<double, std::milli>{duration}.count();
    char* const end = std::to_chars(std::begin(digits), std::end(digits), milliseconds, std::chars_format::fixed).ptr;
    return std::string{std::begin(digits), end} + "ms";
}

std::string to_text(std::uint32_t count) { return std::to_string(count); }

std::string to_text(std::size_t bytes) { return in_largest_unit(bytes, size_units); }

std::string to_text(const Address& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace reference_server
