#pragma once
// Does a request ask to become a WebSocket, and may it (RFC 6455 §4.2.1)?

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/engine/base64.hpp>
#include <kingbolt/engine/extension_offer.hpp>
#include <kingbolt/engine/http_head.hpp>
#include <kingbolt/engine/http_refusal.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::engine {

struct UpgradeJudgement {
    enum class Kind : std::uint8_t {
        plain_http,  ///< no upgrade: for `on_request`
        upgrade,     ///< for `on_upgrade`
        refused,     ///< to be answered with `refusal`
    };

    Kind kind = Kind::plain_http;
    const HttpRefusal* refusal = nullptr;
    UpgradeRequest request{};                  ///< of a plain request, what every HttpRequest has
    std::vector<ExtensionOffer> extensions{};  ///< in the client's order of preference
};

namespace upgrade {

inline bool has_element(const HttpHeaders& headers, std::string_view name, std::string_view wanted) {
    return !each_element(headers, name, [wanted](std::string_view element) { return !same_name(element, wanted); });
}

/// The value of a header that may stand there once (RFC 6455 §11.3); none when there is no such header. Of several the values
/// are joined as RFC 9110 §5.2 says, and then are no value that the handshake knows.
inline std::optional<std::string> single(const HttpHeaders& headers, std::string_view name) {
    std::optional<std::string> joined;
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) joined = joined ? *joined + ", " + value : value;
    }
    return joined;
}

/// False when one is no token, or is offered twice (§4.1, item 10).
inline bool read_subprotocols(UpgradeRequest& request) {
    auto& offered = request.subprotocols;
    const auto take = [&offered](std::string_view element) { return offered.emplace_back(element), is_token(element); };
    if (!each_element(request.headers, "Sec-WebSocket-Protocol", take)) return false;
    std::vector<std::string_view> sorted{offered.begin(), offered.end()};
    std::ranges::sort(sorted);
    return std::ranges::adjacent_find(sorted) == sorted.end();
}

inline bool read_extensions(const HttpHeaders& headers, std::vector<ExtensionOffer>& offers) {
    return each_element(headers, "Sec-WebSocket-Extensions", [&offers](std::string_view element) {
        auto offer = read_extension_offer(element);
        if (offer) offers.push_back(std::move(*offer));
        return offer.has_value();
    });
}

}  // namespace upgrade

inline UpgradeJudgement judge_upgrade(HttpHead head) {
    using Kind = UpgradeJudgement::Kind;
    UpgradeJudgement judgement{.request = {std::move(head.request), {}}};
    const auto& headers = judgement.request.headers;
    if (!upgrade::has_element(headers, "Upgrade", "websocket")) return judgement;

    judgement.kind = Kind::refused;
    const auto refuse = [&judgement](const HttpRefusal& refusal) {
        judgement.refusal = &refusal;
        return std::move(judgement);
    };
    if (judgement.request.method != "GET") return refuse(http_refusal::upgrade_method);
    if (head.http_1_0) return refuse(http_refusal::upgrade_http);
    if (!upgrade::has_element(headers, "Connection", "Upgrade")) return refuse(http_refusal::upgrade_connection);
    if (upgrade::single(headers, "Sec-WebSocket-Version") != "13") return refuse(http_refusal::upgrade_version);
    const auto key = upgrade::single(headers, "Sec-WebSocket-Key");
    if (!key) return refuse(http_refusal::no_key);
    if (!is_base64_of(*key, 16)) return refuse(http_refusal::key);
    if (!upgrade::read_subprotocols(judgement.request)) return refuse(http_refusal::subprotocols);
    if (!upgrade::read_extensions(headers, judgement.extensions)) return refuse(http_refusal::extensions);
    judgement.kind = Kind::upgrade;
    return judgement;
}

}  // namespace kingbolt::engine
