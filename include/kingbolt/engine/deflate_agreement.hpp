#pragma once
// What client and server agree on about permessage-deflate (RFC 7692 §7.1), from the client's offers and the server's options.

#include <kingbolt/core/http.hpp>
#include <kingbolt/policy/permessage_deflate.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::engine {

/// Windows are exponents of 2, 8 to 15.
struct DeflateAgreement {
    bool server_context_takeover = false;  ///< the server's messages may refer to those before
    bool client_context_takeover = false;
    int server_window_bits = 15;  ///< the widest window that the client has for what it receives
    int client_window_bits = 15;  ///< the widest that the client uses for what it sends

    bool operator==(const DeflateAgreement&) const = default;
};

namespace deflate_offer {

inline constexpr int widest = 15;
inline constexpr int narrowest_of_zlib = 9;

/// The parameters of one offer.
struct Parameters {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    std::optional<int> server_max_window_bits{};
    std::optional<int> client_max_window_bits{};  ///< without a value: `widest`
};

/// §7.1.2.1: a decimal from 8 to 15, without leading zeros.
inline std::optional<int> window_bits(std::string_view value) {
    constexpr std::string_view known[] = {"8", "9", "10", "11", "12", "13", "14", "15"};
    const auto* const found = std::ranges::find(known, value);
    return found == std::end(known) ? std::nullopt : std::optional{8 + static_cast<int>(found - known)};
}

/// None for a parameter that is unknown, comes twice or has a value that it cannot have: such an offer has to be declined (§7).
inline std::optional<Parameters> read(const ExtensionOffer& offer) {
    Parameters read;
    const auto set_flag = [](bool& flag, const ExtensionParameter& parameter) { return !std::exchange(flag, true) && !parameter.value; };
    const auto set_bits = [](std::optional<int>& bits, const ExtensionParameter& parameter) {
        const bool first = !bits;
        bits = parameter.value ? window_bits(*parameter.value) : std::nullopt;
        return first && bits;
    };
    for (const ExtensionParameter& parameter : offer.parameters) {
        bool good = false;
        if (parameter.name == "server_no_context_takeover") {
            good = set_flag(read.server_no_context_takeover, parameter);
        } else if (parameter.name == "client_no_context_takeover") {
            good = set_flag(read.client_no_context_takeover, parameter);
        } else if (parameter.name == "server_max_window_bits") {
            good = set_bits(read.server_max_window_bits, parameter);
        } else if (parameter.name == "client_max_window_bits") {
            // Without a value it says that the client lets itself be told (§7.1.2.2).
            const bool told = !parameter.value && !read.client_max_window_bits;
            if (told) read.client_max_window_bits = widest;
            good = told || set_bits(read.client_max_window_bits, parameter);
        }
        if (!good) return std::nullopt;
    }
    return read;
}

inline DeflateAgreement agree(const Parameters& offer, const PermessageDeflate& options) {
    DeflateAgreement agreed;
    agreed.server_window_bits = std::min(options.server_max_window_bits, offer.server_max_window_bits.value_or(widest));
    // zlib has no raw deflater for 8 bits (zlib.h, deflateInit2).
    agreed.server_context_takeover =
        options.server_context_takeover && !offer.server_no_context_takeover && agreed.server_window_bits >= narrowest_of_zlib;

    if (offer.client_max_window_bits) agreed.client_window_bits = std::min(options.client_max_window_bits, *offer.client_max_window_bits);
    agreed.client_context_takeover =
        options.client_context_takeover && !offer.client_no_context_takeover && agreed.client_window_bits <= options.client_max_window_bits;
    return agreed;
}

/// The server's parameters may be answered unasked, and so may client_no_context_takeover; client_max_window_bits may not (§7.1.2.2).
inline std::string response(const DeflateAgreement& agreed, const Parameters& offer) {
    std::string text = "permessage-deflate";
    if (!agreed.server_context_takeover) text += "; server_no_context_takeover";
    if (!agreed.client_context_takeover) text += "; client_no_context_takeover";
    if (offer.server_max_window_bits || agreed.server_window_bits < widest)
        text += "; server_max_window_bits=" + std::to_string(agreed.server_window_bits);
    if (agreed.client_window_bits < widest) text += "; client_max_window_bits=" + std::to_string(agreed.client_window_bits);
    return text;
}

}  // namespace deflate_offer

struct DeflateAnswer {
    DeflateAgreement agreement{};
    std::string response{};  ///< the value of Sec-WebSocket-Extensions in the 101
};

/// Takes the first acceptable of the client's offers, which come in its order of preference; none when it made no such offer.
inline std::optional<DeflateAnswer> agree_on_deflate(std::span<const ExtensionOffer> offers, const PermessageDeflate& options) {
    for (const ExtensionOffer& offer : offers) {
        if (offer.name != "permessage-deflate") continue;
        if (const auto parameters = deflate_offer::read(offer)) {
            const DeflateAgreement agreed = deflate_offer::agree(*parameters, options);
            return DeflateAnswer{agreed, deflate_offer::response(agreed, *parameters)};
        }
    }
    return std::nullopt;
}

}  // namespace kingbolt::engine
