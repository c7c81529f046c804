#pragma once
// Tokens judged by jwt-cpp (0.5 or newer), for who has it already: its verifier says what is accepted, and no rule of JwtVerifier applies
// but that `exp` is required. jwt-cpp knows no key sets that reload, and takes members that are named twice.
//
//     kb::JwtCppAuthenticator{jwt::verify().allow_algorithm(jwt::algorithm::rs256{public_key}).with_issuer("https://id.example.org")}

#if !__has_include(<jwt-cpp/jwt.h>)
#error \
    "kingbolt/security/jwt_cpp.hpp needs jwt-cpp on the include path (vcpkg and Conan: jwt-cpp); kingbolt/security/jwt.hpp does without it"
#endif

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/security/bearer.hpp>
#include <kingbolt/security/jwt_verifier.hpp>

#include <jwt-cpp/jwt.h>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt {

/// A SyncAuthenticator. Belongs to the hub's thread.
template <class Clock, class Traits>
class JwtCppAuthenticator {
public:
    using slot = slot::authenticator;

    /// `clock` says how long a token is good yet; the verifier has its own. Throws InvalidOption.
    explicit JwtCppAuthenticator(jwt::verifier<Clock, Traits> verifier, TokenSources sources = {}, std::string realm = "kingbolt",
                                 Clock clock = {})
        : verifier_{std::move(verifier)}, bearer_{std::move(sources), std::move(realm)}, clock_{std::move(clock)} {
        bearer_.validate();
    }

    Authentication authenticate(const HttpRequest& request) {
        return bearer_.authenticate(request, [this](std::string_view token) { return refresh(token); });
    }

    /// A new token of a session that is there.
    Authentication refresh(std::string_view token) {
        if (token.size() > security::max_token_size) return bearer_.refuse("malformed token: larger than 8 KiB");
        try {
            const auto decoded = jwt::decode<Traits>(typename Traits::string_type{token});
            std::error_code wrong;
            verifier_.verify(decoded, wrong);
            if (wrong) return bearer_.refuse(wrong.message());
            const WallTime expires_at = decoded.get_expires_at();
            Identity who{.expires_at = expires_at, .claims = std::string{decoded.get_payload()}};
            if (decoded.has_subject()) who.subject = decoded.get_subject();
            if (decoded.has_id()) who.token_id = decoded.get_id();
            if (decoded.has_payload_claim("scope")) who.scopes = security::words_of(decoded.get_payload_claim("scope").as_string());
            return Authentication::accept(std::move(who), std::max<Duration>(expires_at - clock_.now(), Duration{0}));
        } catch (const std::exception&) {  // whose words may quote the token
            return bearer_.refuse("malformed token, or a claim that is missing or of the wrong type");
        }
    }

    std::string account(const HttpRequest& request) const {
        return security::unverified_subject(bearer_.sources.find(request).token.value_or(""));
    }
    void redact(UpgradeRequest& request) const { bearer_.sources.redact(request); }

private:
    jwt::verifier<Clock, Traits> verifier_;
    security::Bearer bearer_;
    Clock clock_;
};

static_assert(SyncAuthenticator<JwtCppAuthenticator<jwt::default_clock, jwt::traits::kazuho_picojson>>);

}  // namespace kingbolt
