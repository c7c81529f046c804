#pragma once
// A policy says which question it answers by naming a slot: `using slot = kingbolt::slot::liveness;`.
// Each slot of a hub is filled at most once, but for `observer`, of which there may be any number.

namespace kingbolt::slot {

struct clock {
    static constexpr bool collaborator = true;  ///< given as an lvalue it is referred to, not copied
};
struct liveness {
    static constexpr bool collaborator = false;
};
struct rate_limit {
    static constexpr bool collaborator = false;
};
struct outbox {
    static constexpr bool collaborator = false;
};
struct deadlines {
    static constexpr bool collaborator = false;
};
struct seed {
    static constexpr bool collaborator = false;
};
struct backplane {
    static constexpr bool collaborator = true;
};
struct observer {
    static constexpr bool collaborator = true;
};

}  // namespace kingbolt::slot
