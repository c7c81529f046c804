#pragma once
// What a token says of its bearer (RFC 7519 §4), once its signature is known to be right.

#include <kingbolt/core/error.hpp>
#include <kingbolt/core/identity.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/base64url.hpp>
#include <kingbolt/engine/text.hpp>
#include <kingbolt/engine/utf8.hpp>
#include <kingbolt/security/json_object.hpp>
#include <kingbolt/security/jwt_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt {

/// What a verifier makes of a token.
struct JwtResult {
    std::optional<Identity> identity{};  ///< none: refused
    Duration expires_in{};               ///< from `now` to `exp`; negative when only the leeway is left
    JwtError error = JwtError::none;
    std::string detail{};  ///< `error` in words, and more: for the journal. It holds no part of the token but its `kid`, cut and escaped

    /// No identity.
    static JwtResult refuse(JwtError error, std::string_view more = {}) {
        std::string detail{to_string(error)};
        if (!more.empty()) detail.append(": ").append(more);
        return {.error = error, .detail = std::move(detail)};
    }
    explicit operator bool() const noexcept { return identity.has_value(); }
};

/// What claims must say.
struct ClaimRules {
    std::string issuer{};    ///< what `iss` has to be; empty: `iss` is not looked at
    std::string audience{};  ///< has to be `aud` or among it; empty: a token that has an `aud` is for somebody else (RFC 7519 §4.1.3)
    std::chrono::seconds leeway{30};  ///< for clocks that differ, at `exp`, `nbf` and `iat`; 0 to 300 s

    /// Throws InvalidOption.
    void validate() const {
        if (leeway < std::chrono::seconds{0} || leeway > std::chrono::minutes{5})
            throw InvalidOption{"JwtOptions.leeway", std::to_string(leeway.count()) + " s", "0 to 300 s", "let the clocks be set by NTP"};
    }
};

namespace security {

/// The whole seconds that a NumericDate may have here: until the year 2242, as far as 64 bits of nanoseconds reach.
inline constexpr std::int64_t latest_date = (std::int64_t{1} << 33U) - 1;

/// What stands between blanks.
inline std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (!word.empty()) words.emplace_back(word);
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    return words;
}

/// Judges one token's claims.
class Claims {
public:
    Claims(const JsonObject& claims, const ClaimRules& rules, WallTime now) : claims_{claims}, rules_{rules}, now_{now} {}

    /// `text` is what the claims were read from.
    JwtResult judge(std::string_view text) {
        Identity who{.claims = std::string{text}};
        const auto expires = date("exp"), valid_from = date("nbf"), issued = date("iat");
        who.subject = string("sub").value_or("");
        who.token_id = string("jti").value_or("");
        who.scopes = scopes();
        const auto issuer = string("iss");
        const std::vector<std::string_view> audience = strings("aud");
        if (refusal_.error != JwtError::none) return std::move(refusal_);

        if (!expires) return JwtResult::refuse(JwtError::claim_refused, "`exp` is missing");
        if (now_ >= *expires + rules_.leeway) return JwtResult::refuse(JwtError::expired);
        if (valid_from && now_ + rules_.leeway < *valid_from) return JwtResult::refuse(JwtError::not_yet_valid, "`nbf` is in the future");
        if (issued && now_ + rules_.leeway < *issued) return JwtResult::refuse(JwtError::not_yet_valid, "`iat` is in the future");
        if (!rules_.issuer.empty() && issuer != rules_.issuer)
            return JwtResult::refuse(JwtError::wrong_issuer, issuer ? std::string_view{} : "`iss` is missing");
        if (rules_.audience.empty() && claims_.find("aud") != nullptr)
            return JwtResult::refuse(JwtError::wrong_audience, "there is an `aud`, and JwtOptions.audience is empty");
        if (!rules_.audience.empty() && std::ranges::find(audience, rules_.audience) == audience.end())
            return JwtResult::refuse(JwtError::wrong_audience, claims_.find("aud") == nullptr ? "`aud` is missing" : std::string_view{});

        who.expires_at = *expires;
        return {.identity = std::move(who), .expires_in = *expires - now_};
    }

private:
    void refuse(std::string_view name, std::string_view what) {
        refusal_ = JwtResult::refuse(JwtError::claim_refused, "`" + std::string{name} + "` " + std::string{what});
    }

    /// None when the claim is missing or refused; likewise below.
    std::optional<WallTime> date(std::string_view name) {
        const JsonValue* const value = claims_.find(name);
        if (value == nullptr) return std::nullopt;
        if (!value->IsInt64() || value->GetInt64() < 0 || value->GetInt64() > latest_date) {
            refuse(name, "is not a whole number of seconds from 1970 to 2242");
            return std::nullopt;
        }
        return WallTime{std::chrono::seconds{value->GetInt64()}};
    }
    std::optional<std::string_view> string(std::string_view name) {
        const JsonValue* const value = claims_.find(name);
        if (value == nullptr) return std::nullopt;
        const auto text = string_of(*value);
        if (!text) refuse(name, "is not a string");
        return text;
    }
    /// Of one string, or of an array of them.
    std::vector<std::string_view> strings(std::string_view name) {
        std::vector<std::string_view> all;
        const JsonValue* const value = claims_.find(name);
        if (value == nullptr) return all;
        if (const auto text = string_of(*value)) return {*text};
        if (!value->IsArray() || !std::all_of(value->Begin(), value->End(), [](const JsonValue& element) { return element.IsString(); })) {
            refuse(name, "is neither a string nor an array of strings");
            return all;
        }
        for (const JsonValue& element : value->GetArray()) all.push_back(*string_of(element));
        return all;
    }
    /// `scope` (RFC 8693 §4.2), or what others call it: `scp`, `scopes`. The first that is there counts.
    std::vector<std::string> scopes() {
        std::vector<std::string> words;
        for (const std::string_view name : {"scope", "scp", "scopes"}) {
            if (claims_.find(name) == nullptr) continue;
            for (const std::string_view text : strings(name)) std::ranges::move(words_of(text), std::back_inserter(words));
            break;
        }
        return words;
    }

    const JsonObject& claims_;
    const ClaimRules& rules_;
    WallTime now_;
    JwtResult refusal_{};
};

}  // namespace security
}  // namespace kingbolt
