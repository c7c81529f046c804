#pragma once
// A hub that asks nobody who he is, and lets everybody do everything.

#include <kingbolt/concepts/slot.hpp>

namespace kingbolt {

struct NoAuthenticator {
    using slot = slot::authenticator;
};

/// Everybody may do everything. Costs nothing.
struct NoAuthorizer {
    using slot = slot::authorizer;
};

}  // namespace kingbolt
