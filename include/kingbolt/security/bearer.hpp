#pragma once
// Bearer tokens (RFC 6750) of an upgrade request: finding the token, and what the client is told when it is not accepted.

#include <kingbolt/concepts/authenticator.hpp>
#include <kingbolt/security/token_sources.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::security {

struct Bearer {
    TokenSources sources{};
    std::string realm{};  ///< of the challenge: printable ASCII without quotes and backslashes

    /// Throws InvalidOption.
    void validate() const {
        sources.validate();
        const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
        if (!std::ranges::all_of(realm, plain))
            throw InvalidOption{"realm", engine::in_quotes(realm), "printable ASCII without quotes and backslashes", "name the service"};
    }

    /// What `judge(token)` says, once there is exactly one token.
    template <class Judge>
    Authentication authenticate(const HttpRequest& request, Judge&& judge) const {
        const TokenSources::Presented presented = sources.find(request);
        if (!presented.token) {
            Authentication missing = Authentication::missing();
            missing.challenge = challenge();
            return missing;
        }
        if (presented.ambiguous) return refuse("several tokens, which differ");
        return judge(*presented.token);
    }

    /// The client is told no more than RFC 6750 §3.1's word.
    Authentication refuse(std::string detail) const {
        Authentication refused = Authentication::refuse(std::move(detail));
        refused.challenge = challenge() + ", error=\"invalid_token\"";
        return refused;
    }

private:
    std::string challenge() const { return "Bearer realm=\"" + realm + '"'; }
};

}  // namespace kingbolt::security
