#pragma once
// A list for what is nearly always one: the first element lies in the list itself, and only the second needs memory.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace kingbolt::engine {

template <class T>
    requires std::is_trivially_copyable_v<T>
class ShortList {
public:
    ShortList() noexcept : one_{} {}
    ~ShortList() { clear(); }
    ShortList(const ShortList&) = delete;
    ShortList& operator=(const ShortList&) = delete;

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    T& operator[](std::size_t i) noexcept { return begin()[i]; }
    T& back() noexcept { return begin()[size_ - 1]; }
    T* begin() noexcept { return capacity_ == 0 ? &one_ : many_; }
    T* end() noexcept { return begin() + size_; }
    const T* begin() const noexcept { return capacity_ == 0 ? &one_ : many_; }
    const T* end() const noexcept { return begin() + size_; }

    /// Throws std::bad_alloc, and has not changed then.
    void push_back(const T& item) {
        if (size_ == (capacity_ == 0 ? 1 : capacity_)) grow();
        begin()[size_++] = item;
    }
    void pop_back() noexcept { --size_; }

    /// Gives the memory back, too.
    void clear() noexcept {
        if (std::exchange(capacity_, 0) != 0) delete[] many_;
        size_ = 0;
    }

private:
    void grow() {
        const std::uint32_t capacity = capacity_ == 0 ? 4 : capacity_ * 2;
        T* const items = new T[capacity];
        for (std::uint32_t i = 0; i < size_; ++i) items[i] = (*this)[i];
        if (capacity_ != 0) delete[] many_;
        many_ = items;
        capacity_ = capacity;
    }

    union {
        T one_;    // while capacity_ is 0
        T* many_;  // otherwise
    };
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 0;
};

}  // namespace kingbolt::engine
