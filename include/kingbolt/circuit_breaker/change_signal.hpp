#pragma once
// Wakes those who wait for the next change of a breaker.

#include <kingbolt/circuit_breaker/wait_list.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace kingbolt::detail {

/// Any thread.
template <class Timers>
class ChangeSignal {
public:
    /// Happens at the first change after this.
    std::shared_ptr<WaitList<Timers>> next() {
        const std::lock_guard lock{mutex_};
        auto change = next_.lock();
        if (!change || change->is_given_up()) next_ = change = std::make_shared<WaitList<Timers>>();
        return change;
    }

    void changed() {
        std::shared_ptr<WaitList<Timers>> change;
        {
            const std::lock_guard lock{mutex_};
            change = std::exchange(next_, {}).lock();
        }
        if (change) change->happen();
    }

private:
    std::mutex mutex_;
    std::weak_ptr<WaitList<Timers>> next_;
};

}  // namespace kingbolt::detail
