#pragma once
// How long must one wait who has shown wrong credentials?

#include <kingbolt/core/remote_address.hpp>
#include <kingbolt/core/time.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace kingbolt {

/// The answer to "may these credentials be verified now?".
struct AuthCharge {
    bool allowed = true;     ///< false: locked
    Duration retry_after{};  ///< when not allowed: how long until the same attempt would be, if nobody else tries meanwhile

    explicit operator bool() const noexcept { return allowed; }
};

/// Worked model: AuthBackoff in policy/auth_backoff.hpp. Pure: `now` is an argument; `State` is one for all clients, made from the options
/// and two secret random words. Everything runs on the hub's loop.
///   charge   before each verification: counts it as a failure, or says that it must not happen now, which counts nothing
///   refund   it was no failure: the credentials were good, or there were none so that nothing was guessed. Never for an attempt whose
///            client left before the answer
template <class B>
concept AuthBackoffPolicy = std::constructible_from<typename B::State, const B&, std::uint64_t, std::uint64_t> &&
    requires(const B& policy, typename B::State& state, std::string_view account, const RemoteAddress& address, TimePoint now) {
    { policy.charge(state, account, address, now) } -> std::same_as<AuthCharge>;
    policy.refund(state, account, address);
};

}  // namespace kingbolt
