#pragma once
// Clients show a JSON Web Token. Link kingbolt::jwt.
//
//     kb::JwtAuthenticator{{.issuer = "https://id.example.org", .audience = "events"}, kb::JwksFile{{.path = "/etc/events/jwks.json"}}}
//     kb::JwtAuthenticator{{}, kb::KeySet{{kb::VerificationKey::from_secret(kb::JwtAlgorithm::hs256, secret)}}}

#include <kingbolt/concepts/authenticator.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/security/bearer.hpp>
#include <kingbolt/security/jwks.hpp>
#include <kingbolt/security/jwt_verifier.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

struct JwtOptions {
    std::string issuer{};                             ///< what `iss` has to be; empty: `iss` is not looked at
    std::string audience{};                           ///< has to be `aud` or among it; empty: no token may have one, see ClaimRules
    std::chrono::seconds leeway{30};                  ///< for clocks that differ; 0 to 300 s
    TokenSources sources = TokenSources::defaults();  ///< where a token may be
    std::string realm = "kingbolt";                   ///< of the challenge: printable ASCII without quotes and backslashes
    std::function<WallTime()> clock = [] { return std::chrono::system_clock::now(); };  ///< for `exp`, `nbf` and `iat`
};

/// A SyncAuthenticator. Belongs to the hub's thread.
template <KeySource Keys>
class JwtAuthenticator {
public:
    using slot = slot::authenticator;

    /// Throws InvalidOption.
    JwtAuthenticator(JwtOptions options, Keys keys)
        : verifier_{{.issuer = std::move(options.issuer), .audience = std::move(options.audience), .leeway = options.leeway},
                    std::move(keys)},
          bearer_{std::move(options.sources), std::move(options.realm)},
          clock_{std::move(options.clock)} {
        bearer_.validate();
        if (!clock_) throw InvalidOption{"JwtOptions.clock", "empty", "a function", "leave it out for the system's clock"};
    }

    /// For `reload` and `trouble` of a JwksFile.
    Keys& keys() noexcept { return verifier_.keys(); }

    /// Throws std::bad_alloc, and what the clock throws; likewise `refresh`.
    Authentication authenticate(const HttpRequest& request) {
        return bearer_.authenticate(request, [this](std::string_view token) { return refresh(token); });
    }

    /// A new token of a session that is there.
    Authentication refresh(std::string_view token) {
        JwtResult result = verifier_.verify(token, clock_());
        if (!result) return bearer_.refuse(std::move(result.detail));
        return Authentication::accept(*std::move(result.identity), result.expires_in);
    }

    /// `sub` of the token, at most 64 bytes of it; of several tokens the first.
    std::string account(const HttpRequest& request) const {
        return security::unverified_subject(bearer_.sources.find(request).token.value_or(""));
    }

    void redact(UpgradeRequest& request) const { bearer_.sources.redact(request); }

private:
    JwtVerifier<Keys> verifier_;
    security::Bearer bearer_;
    std::function<WallTime()> clock_;
};

static_assert(SyncAuthenticator<JwtAuthenticator<KeySet>>);
static_assert(SyncAuthenticator<JwtAuthenticator<JwksFile>>);

}  // namespace kingbolt
