#pragma once
// Memory for the handlers without which a loop would stand still: they are kept in place, so that arming them cannot fail.

#include <cstddef>
#include <new>
#include <utility>

namespace kingbolt::transport::detail {

/// Room for one pending operation at a time.
class Slot {
public:
    Slot() = default;
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    void* allocate(std::size_t size) {
        if (size > sizeof room_ || std::exchange(used_, true)) return ::operator new(size);
        return room_;
    }
    void deallocate(void* memory) noexcept {
        if (memory != room_) return ::operator delete(memory);
        used_ = false;
    }

private:
    alignas(std::max_align_t) std::byte room_[256];
    bool used_ = false;
};

template <class T>
class SlotAllocator {
public:
    using value_type = T;

    explicit SlotAllocator(Slot& slot) noexcept : slot_{&slot} {}
    template <class U>
    SlotAllocator(const SlotAllocator<U>& other) noexcept : slot_{other.slot()} {}

    T* allocate(std::size_t n) { return static_cast<T*>(slot_->allocate(n * sizeof(T))); }
    void deallocate(T* memory, std::size_t) noexcept { slot_->deallocate(memory); }
    Slot* slot() const noexcept { return slot_; }
    template <class U>
    bool operator==(const SlotAllocator<U>& other) const noexcept {
        return slot_ == other.slot();
    }

private:
    Slot* slot_;
};

/// A handler that Asio keeps in `slot`. The handler must hold whoever owns the slot.
template <class Handler>
struct InPlace {
    using allocator_type = SlotAllocator<std::byte>;

    Slot& slot;
    Handler handler;

    allocator_type get_allocator() const noexcept { return allocator_type{slot}; }
    template <class... Args>
    void operator()(const Args&... args) {
        handler(args...);
    }
};

template <class Handler>
InPlace(Slot&, Handler) -> InPlace<Handler>;

}  // namespace kingbolt::transport::detail
