#pragma once
// JSON Web Tokens (RFC 7519) in compact form (RFC 7515 §7.1), verified as RFC 8725 advises.

#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/security/claims.hpp>
#include <kingbolt/security/key_set.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

namespace security {

inline constexpr std::size_t max_token_size = 8 * 1024;

/// Header, payload and signature, still encoded. None unless there are exactly three parts within the bound.
inline std::optional<std::array<std::string_view, 3>> token_parts(std::string_view token) noexcept {
    if (token.size() > max_token_size) return std::nullopt;
    const std::size_t first = token.find('.'), last = token.rfind('.');
    if (first == last || token.find('.', first + 1) != last) return std::nullopt;
    return std::array{token.substr(0, first), token.substr(first + 1, last - first - 1), token.substr(last + 1)};
}

/// Whom a token claims to be for: nothing is verified. At most 64 bytes of `sub`; empty when there is none to be read.
inline std::string unverified_subject(std::string_view token) {
    const auto parts = token_parts(token);
    const auto payload = parts ? engine::base64url_decoded((*parts)[1]) : std::nullopt;
    if (!payload) return {};
    const JsonObject claims{*payload};
    const JsonValue* const subject = claims.trouble().empty() ? claims.find("sub") : nullptr;
    return subject == nullptr ? std::string{} : std::string{engine::utf8_prefix(string_of(*subject).value_or(""), 64)};
}

}  // namespace security

/// A function of token, keys and time. `jwk`, `jku`, `x5u` and `x5c` of a token are not looked at: keys come from `Keys` alone.
template <KeySource Keys>
class JwtVerifier {
public:
    /// Throws InvalidOption.
    JwtVerifier(ClaimRules rules, Keys keys) : rules_{std::move(rules)}, keys_{std::move(keys)} { rules_.validate(); }

    /// For `reload` and `trouble` of a JwksFile.
    Keys& keys() noexcept { return keys_; }

    /// Throws std::bad_alloc.
    JwtResult verify(std::string_view token, WallTime now) {
        const auto parts = security::token_parts(token);
        if (!parts) return refuse(JwtError::malformed, token.size() > security::max_token_size ? "larger than 8 KiB" : "not three parts");
        const auto& [header, payload, signature] = *parts;
        const auto header_text = engine::base64url_decoded(header), payload_text = engine::base64url_decoded(payload);
        const auto signature_bytes = engine::base64url_decoded(signature);
        if (!header_text || !payload_text || !signature_bytes) return refuse(JwtError::malformed, "not base64url");

        JwtResult refusal;
        const VerificationKey* const key = key_for(*header_text, now, refusal);
        if (key == nullptr) return refusal;
        const std::string_view signed_text = token.substr(0, header.size() + 1 + payload.size());
        if (!key->verify(signed_text, *signature_bytes)) return refuse(JwtError::bad_signature);

        const security::JsonObject claims{*payload_text};
        if (!claims.trouble().empty()) return refuse(JwtError::malformed, "the payload " + std::string{claims.trouble()});
        return security::Claims{claims, rules_, now}.judge(*payload_text);
    }

private:
    static JwtResult refuse(JwtError error, std::string_view more = {}) { return JwtResult::refuse(error, more); }

    /// Null: `refusal` says why.
    const VerificationKey* key_for(std::string_view header_text, WallTime now, JwtResult& refusal) {
        const security::JsonObject header{header_text};
        if (!header.trouble().empty()) {
            refusal = refuse(JwtError::malformed, "the header " + std::string{header.trouble()});
            return nullptr;
        }
        // Extensions of which the token says that they must be understood (RFC 7515 §4.1.11): none is.
        if (header.find("crit") != nullptr) refusal = refuse(JwtError::header_refused, "`crit`");
        if (!is_jwt(header.find("typ"))) refusal = refuse(JwtError::header_refused, "`typ` is neither JWT nor at+jwt");
        const auto name = text_of(header.find("alg"));
        const auto algorithm = jwt_algorithm(name.value_or(""));
        if (!algorithm) refusal = refuse(JwtError::algorithm_refused, "not one of those that are offered");
        const security::JsonValue* const id = header.find("kid");
        if (id != nullptr && !id->IsString()) refusal = refuse(JwtError::header_refused, "`kid` is not a string");
        if (refusal.error != JwtError::none) return nullptr;

        const VerificationKey* const key = keys_.find(text_of(id), now);
        if (key == nullptr) {
            refusal = refuse(JwtError::unknown_key, key_trouble(text_of(id)));
        } else if (key->algorithm() != *algorithm) {
            refusal = refuse(JwtError::algorithm_refused, "the key is for " + std::string{to_string(key->algorithm())});
            return nullptr;
        }
        return key;
    }

    static std::optional<std::string_view> text_of(const security::JsonValue* value) noexcept {
        return value == nullptr ? std::nullopt : security::string_of(*value);
    }
    /// RFC 7519 §5.1, RFC 9068 §2.1: media types, whose names have no case.
    static bool is_jwt(const security::JsonValue* type) noexcept {
        if (type == nullptr) return true;
        const std::string_view name = text_of(type).value_or("");
        return same_name(name, "JWT") || same_name(name, "at+jwt");
    }
    std::string key_trouble(std::optional<std::string_view> id) const {
        std::string words = id ? engine::in_quotes(*id, 64) : "no `kid`, and several keys";
        if (const std::string_view trouble = keys_.trouble(); !trouble.empty()) words.append("; ").append(trouble);
        return words;
    }

    ClaimRules rules_;
    Keys keys_;
};

}  // namespace kingbolt
