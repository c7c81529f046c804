#pragma once
// The sessions of a hub: stable addresses, constant-time look-up, and ids that never come back.

#include <kingbolt/core/session_id.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace kingbolt::engine {

/// An index is used for up to `last_generation` sessions, one after the other, and then never again.
template <class Record, std::uint32_t last_generation = std::numeric_limits<std::uint32_t>::max()>
class SessionTable {
public:
    /// `Record` is built with its id in front of `args`.
    template <class... Args>
    Record& emplace(Args&&... args) {
        if (free_.empty()) {
            slots_.emplace_back();
            free_.reserve(slots_.capacity());  // so that `remove` never allocates
            free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
        }
        const std::uint32_t index = free_.back();
        Slot& slot = slots_[index];
        const SessionId id{index, slot.generation + 1};
        slot.record = std::make_unique<Record>(id, std::forward<Args>(args)...);
        free_.pop_back();
        slot.generation = id.generation;
        ++size_;
        return *slot.record;
    }

    Record* find(SessionId id) noexcept {
        if (id.index >= slots_.size() || slots_[id.index].generation != id.generation) return nullptr;
        return slots_[id.index].record.get();
    }

    /// The present session of that index; there must be one.
    Record& at(std::uint32_t index) noexcept { return *slots_[index].record; }

    /// `id` must be present.
    std::unique_ptr<Record> remove(SessionId id) {
        if (id.generation != last_generation) free_.push_back(id.index);
        --size_;
        return std::move(slots_[id.index].record);
    }

    std::size_t size() const noexcept { return size_; }

    /// `visit` may end sessions, not start any.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (slots_[i].record) visit(*slots_[i].record);
    }

private:
    struct Slot {
        std::unique_ptr<Record> record;
        std::uint32_t generation = 0;
    };

    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::size_t size_ = 0;
};

}  // namespace kingbolt::engine
