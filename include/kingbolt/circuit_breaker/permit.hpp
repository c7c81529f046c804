#pragma once
// The right to make one call, and the duty to say what became of it.

#include <kingbolt/core/breaker.hpp>
#include <kingbolt/core/time.hpp>

#include <cstdint>
#include <exception>
#include <utility>

namespace kingbolt {

/// Move-only. Said nothing, it says so itself when it goes: a failure while an exception unwinds the stack, otherwise the call was
/// abandoned, which counts as cancelled. Must not outlive its circuit breaker.
template <class Core>
class Permit {
public:
    Permit(Permit&& other) noexcept
        : core_{std::exchange(other.core_, nullptr)},
          generation_{other.generation_},
          retry_after_{other.retry_after_},
          began_{other.began_},
          exceptions_{other.exceptions_},
          in_bulkhead_{other.in_bulkhead_} {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
        if (core_ != nullptr) settle(std::uncaught_exceptions() > exceptions_ ? Classification::failure : Classification::cancelled);
    }

    /// False: the call must not be made.
    explicit operator bool() const noexcept { return core_ != nullptr; }
    /// Of a permit that was refused: how long until another may be given; Duration::max() when nobody can say, zero when a probe is on its
    /// way.
    Duration retry_after() const noexcept { return retry_after_; }

    // What became of the call; the first of these counts.
    /// Hands back a success.
    void succeed() noexcept { settle(Classification::success); }
    /// Hands back a failure.
    void fail() noexcept { settle(Classification::failure); }
    /// Hands back what came of it. A second time changes nothing.
    void settle(Classification result) noexcept {
        if (Core* const core = std::exchange(core_, nullptr)) core->settle(generation_, result, began_, in_bulkhead_);
    }

private:
    friend Core;

    explicit Permit(Duration retry_after) noexcept : retry_after_{retry_after} {}
    Permit(Core& core, std::uint32_t generation, TimePoint began) noexcept
        : core_{&core}, generation_{generation}, began_{began}, exceptions_{std::uncaught_exceptions()} {}

    Core* core_ = nullptr;
    std::uint32_t generation_ = 0;
    Duration retry_after_{};
    TimePoint began_{};
    int exceptions_ = 0;
    bool in_bulkhead_ = false;
};

}  // namespace kingbolt
