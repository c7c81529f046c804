#pragma once
// What other threads want of the hub, in the order they said it. One wake-up serves all that has gathered.

#include <mutex>
#include <utility>
#include <vector>

namespace kingbolt::engine {

template <class T>
class Mailbox {
public:
    /// Any thread. Calls `wake()` when the box was empty. Nothing happens once it is closed. What `wake` throws is passed on, and the item
    /// is not in the box then.
    template <class Wake>
    void put(T item, Wake&& wake) {
        const std::lock_guard lock{mutex_};
        if (closed_) return;
        items_.push_back(std::move(item));
        if (items_.size() > 1) return;
        try {
            wake();
        } catch (...) {
            items_.clear();
            throw;
        }
    }

    /// Takes all there is, in order.
    std::vector<T> take() {
        const std::lock_guard lock{mutex_};
        return std::exchange(items_, {});
    }

    /// After this nobody is woken any more, also not by who is in the middle of `put`.
    void close() {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    /// Whoever is in the middle of `put` keeps the box longer than its owner may live: that it is there does not say that the owner is.
    bool is_closed() const {
        const std::lock_guard lock{mutex_};
        return closed_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<T> items_;
    bool closed_ = false;
};

}  // namespace kingbolt::engine
