#pragma once
// The attacks, as what one of many connections does.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace attack {

/// Where the connections come from: each from an address of its own, all from one, or each from another address of one IPv6 /64.
enum class From { many, one, network };

struct Script {
    std::string_view name;
    std::size_t connections = 1;  ///< at a time; one that ends is followed by the next
    From from = From::many;
    std::vector<std::string> openings{""};   ///< the connections' first words, in turn
    std::chrono::milliseconds each_byte{0};  ///< between two bytes of the opening; 0: at once
    bool resets = false;                     ///< ends with a reset as soon as the opening is sent
    std::string once{};                      ///< sent after the upgrade
    std::string endless{};                   ///< and then this, again and again
    bool reads = true;                       ///< what comes after the upgrade
    int receive_buffer = 0;                  ///< SO_RCVBUF; 0 leaves it to the kernel
};

/// `token` is good. Throws std::invalid_argument when there is no attack of that name.
Script script(std::string_view name, const std::string& token);

}  // namespace attack
