#pragma once
// What may be said of a topic that the hub does not say for all.

#include <kingbolt/policy/outbox.hpp>

#include <optional>

namespace kingbolt {

struct TopicOptions {
    std::optional<WhenFull> when_full{};  ///< instead of the Outbox's own
};

}  // namespace kingbolt
