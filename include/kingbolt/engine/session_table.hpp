#pragma once
// The sessions of a hub: stable addresses, constant-time look-up, and ids that never come back.

#include <kingbolt/core/session_id.hpp>
#include <kingbolt/engine/block_array.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace kingbolt::engine {

/// An index is used for up to `last_generation` sessions, one after the other, and then never again.
template <class Record, std::uint32_t last_generation = std::numeric_limits<std::uint32_t>::max()>
class SessionTable {
public:
    /// `Record` is built with its id in front of `args`.
    template <class... Args>
    Record& emplace(Args&&... args) {
        const bool anew = first_free_ == nobody;
        if (anew) slots_.reach(used_);
        const std::uint32_t index = anew ? used_ : first_free_;
        Slot& slot = slots_[index];
        const SessionId id{index, slot.generation + 1};
        slot.record = std::make_unique<Record>(id, std::forward<Args>(args)...);
        if (anew)
            ++used_;
        else
            first_free_ = slot.next_free;
        slot.generation = id.generation;
        ++size_;
        return *slot.record;
    }

    Record* find(SessionId id) noexcept {
        if (id.index >= used_ || slots_[id.index].generation != id.generation) return nullptr;
        return slots_[id.index].record.get();
    }

    /// The present session of that index; there must be one.
    Record& at(std::uint32_t index) noexcept { return *slots_[index].record; }

    /// `id` must be present.
    std::unique_ptr<Record> remove(SessionId id) {
        Slot& slot = slots_[id.index];
        if (id.generation != last_generation) slot.next_free = std::exchange(first_free_, id.index);
        --size_;
        return std::move(slot.record);
    }

    std::size_t size() const noexcept { return size_; }

    /// `visit` may end sessions, not start any.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (std::size_t i = 0; i < used_; ++i)
            if (slots_[i].record) visit(*slots_[i].record);
    }

private:
    static constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

    struct Slot {
        std::unique_ptr<Record> record;
        std::uint32_t generation = 0;
        std::uint32_t next_free = nobody;  // while it is free: the one to be used after it
    };

    BlockArray<Slot> slots_;
    std::uint32_t used_ = 0;  // slots that have ever held a session
    std::uint32_t first_free_ = nobody;
    std::size_t size_ = 0;
};

}  // namespace kingbolt::engine
