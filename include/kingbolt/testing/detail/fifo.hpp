#pragma once
// A queue in one piece of memory: what is in it can be seen as one span, and in a steady state it allocates nothing.

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace kingbolt::testing::detail {

template <class T>
class Fifo {
public:
    bool empty() const noexcept { return head_ == items_.size(); }
    std::size_t size() const noexcept { return items_.size() - head_; }
    std::span<T> view() noexcept { return {items_.data() + head_, size()}; }
    std::span<const T> view() const noexcept { return {items_.data() + head_, size()}; }
    T& front() noexcept { return items_[head_]; }
    T& back() noexcept { return items_.back(); }

    void push(T item) {
        compact();
        items_.push_back(std::move(item));
    }
    void append(std::span<const T> items) {
        compact();
        items_.insert(items_.end(), items.begin(), items.end());
    }
    /// Takes `n` from the front.
    void pop(std::size_t n = 1) {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (std::size_t i = 0; i < n; ++i) items_[head_ + i] = T{};  // what they hold is let go now, not at the next compaction
        }
        head_ += n;
        if (!empty()) return;
        if (items_.capacity() * sizeof(T) > kept_bytes) {
            clear();
        } else {
            items_.clear();
            head_ = 0;
        }
    }
    /// Takes `n` from the back.
    void drop_back(std::size_t n) { items_.erase(items_.end() - static_cast<std::ptrdiff_t>(n), items_.end()); }
    /// Gives the memory back, too.
    void clear() noexcept {
        std::vector<T>{}.swap(items_);
        head_ = 0;
    }

private:
    static constexpr std::size_t kept_bytes = 4096;

    void compact() {
        if (head_ == 0 || head_ < items_.size() / 2) return;
        items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }

    std::vector<T> items_;
    std::size_t head_ = 0;
};

}  // namespace kingbolt::testing::detail
