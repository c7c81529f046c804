#pragma once
// How much may a peer send?

#include <kingbolt/core/time.hpp>

#include <concepts>
#include <cstdint>

namespace kingbolt {

/// The answer to "may this pass now?".
struct Admission {
    bool admitted = true;    ///< false: over the limit
    Duration retry_after{};  ///< when refused: how long until the same request would pass; Duration::max() for never

    explicit operator bool() const noexcept { return admitted; }
};

/// Worked model: RateLimiter in policy/rate_limiter.hpp. Pure: `now` is an argument, `State` one per peer.
template <class L>
concept RateLimit = requires(const L& policy, typename L::State& state, TimePoint now, std::uint32_t n) {
    { policy.admit(state, now, n) } -> std::same_as<Admission>;
};

}  // namespace kingbolt
