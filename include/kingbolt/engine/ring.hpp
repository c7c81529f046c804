#pragma once
// A queue that owns nothing before its first element (std::deque costs 576 bytes) and next to nothing when it is empty again.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <utility>

namespace kingbolt::engine {

template <class T>
class Ring {
public:
    Ring() noexcept = default;
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    /// `i` below size().
    T& operator[](std::size_t i) noexcept { return items_[(head_ + i) & (capacity_ - 1)]; }
    T& front() noexcept { return (*this)[0]; }

    void push_back(T item) {
        if (size_ == capacity_) grow();
        (*this)[size_++] = std::move(item);
    }

    T pop_front() noexcept {
        T item = std::move(front());
        front() = T{};
        head_ = (head_ + 1) & (capacity_ - 1);
        --size_;
        return item;
    }

    /// Keeps the items for which `keep(item, position)` is true, in order. When it throws, that item and those behind it are kept, too.
    template <class Keep>
    void filter(Keep&& keep) {
        std::uint32_t kept = 0;
        std::uint32_t i = 0;
        const auto move_up = [&] {
            if (kept != i) (*this)[kept] = std::move((*this)[i]);
            ++kept;
        };
        try {
            for (; i < size_; ++i)
                if (keep(std::as_const((*this)[i]), std::size_t{i})) move_up();
        } catch (...) {
            for (; i < size_; ++i) move_up();
            shorten(kept);
            throw;
        }
        shorten(kept);
    }

    /// Drops all items and gives the memory back.
    void clear() noexcept {
        items_.reset();
        capacity_ = head_ = size_ = 0;
    }

    /// Gives the memory back if a burst had made it large.
    void shrink_if_empty() noexcept {
        if (size_ == 0 && capacity_ > kept_capacity) clear();
    }

    void swap(Ring& other) noexcept {
        std::swap(items_, other.items_);
        std::swap(capacity_, other.capacity_);
        std::swap(head_, other.head_);
        std::swap(size_, other.size_);
    }

private:
    static constexpr std::size_t kept_capacity = 8;

    void shorten(std::uint32_t size) noexcept {
        for (std::size_t i = size; i < size_; ++i) (*this)[i] = T{};
        size_ = size;
    }

    void grow() {
        if (capacity_ > std::numeric_limits<std::uint32_t>::max() / 2) throw std::bad_alloc{};
        const std::uint32_t capacity = capacity_ == 0 ? 4 : capacity_ * 2;
        auto items = std::make_unique<T[]>(capacity);
        for (std::size_t i = 0; i < size_; ++i) items[i] = std::move((*this)[i]);
        items_ = std::move(items);
        capacity_ = capacity;
        head_ = 0;
    }

    std::unique_ptr<T[]> items_;
    std::uint32_t capacity_ = 0;  // a power of two, or 0
    std::uint32_t head_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace kingbolt::engine
