#pragma once
// What other threads want of the hub, in the order they said it. One wake-up serves all that has gathered.

#include <mutex>
#include <utility>
#include <vector>

namespace kingbolt::engine {

template <class T>
class Mailbox {
public:
    /// Any thread. True when the box was empty: the caller wakes the loop.
    bool put(T item) {
        const std::lock_guard lock{mutex_};
        items_.push_back(std::move(item));
        return items_.size() == 1;
    }

    /// Takes all there is, in order.
    std::vector<T> take() {
        const std::lock_guard lock{mutex_};
        return std::exchange(items_, {});
    }

private:
    std::mutex mutex_;
    std::vector<T> items_;
};

}  // namespace kingbolt::engine
