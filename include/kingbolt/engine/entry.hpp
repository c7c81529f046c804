#pragma once
// What a hub keeps of how a session came in. Each part is there only where a policy needs it.

#include <kingbolt/concepts/authenticator.hpp>
#include <kingbolt/core/remote_address.hpp>
#include <kingbolt/core/time.hpp>

#include <memory>
#include <optional>
#include <string>

namespace kingbolt::engine {

/// From which address, for AdmissionControl and AuthBackoff. None: a Unix socket, which nobody reaches from elsewhere.
struct Entry {
    std::optional<RemoteAddress> client{};  ///< as far as it is known: behind a proxy only from its request on
    bool located = false;                   ///< `client` is no proxy
    bool accepted = false;                  ///< it counts among all connections
    bool counted = false;                   ///< it counts among those of its address
};

/// As whom.
struct Credentials {
    /// Judged somewhere else just now.
    struct Pending {
        UpgradeRequest request{};
        std::string account{};
        CancelAuthentication cancel{};
    };

    std::unique_ptr<const Identity> identity{};
    std::unique_ptr<Pending> pending{};
    std::optional<CancelAuthentication> refreshing{};
    TimePoint expires_at = TimePoint::max();  ///< when the session ends that has no new ones by then
    bool subject_counted = false;
};

template <bool kept, class What>
struct KeptIf {};
template <class What>
struct KeptIf<true, What> : What {};

}  // namespace kingbolt::engine
