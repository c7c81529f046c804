#pragma once
// Many lists of ids that share one store: lists fill and empty in turns, and what one has given up the next one takes. As vectors
// each would keep the room of its best day, and would copy itself on the way there.

#include <kingbolt/engine/block_array.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace kingbolt::engine {

template <std::size_t count>
class IdLists {
public:
    using Id = std::uint32_t;

    /// Throws std::bad_alloc, and has then done nothing.
    void push(std::size_t list, Id id) {
        List& to = lists_[list];
        if (to.first == nothing || to.used == chunk_ids) {
            const std::uint32_t fresh = unused_chunk();
            chunks_[fresh].next = std::exchange(to.first, fresh);
            to.used = 0;
        }
        chunks_[to.first].ids[to.used++] = id;
    }

    /// Calls `visit(id)` for each id of `list`, in no particular order, and empties it, but for the ids for which it is false: they stay,
    /// and with them those that lie in the same chunk. `visit` may push, to other lists; when it throws, the list keeps the ids of its
    /// present chunk and the rest. A little earlier, for most ids, comes `prepare(id)`: it may prefetch what `visit` will touch.
    template <class Prepare, class Visit>
    void drain(std::size_t list, Prepare&& prepare, Visit&& visit) {
        List& from = lists_[list];
        std::uint32_t* present = &from.first;
        for (std::uint32_t used = from.used; *present != nothing; used = chunk_ids) {  // all chunks but the first are full
            Chunk& chunk = chunks_[*present];
            const Chunk* next = chunk.next == nothing ? nullptr : &chunks_[chunk.next];
            bool is_done = true;
            for (std::uint32_t i = 0; i < used; ++i) {
                if (i + ahead < used)
                    prepare(chunk.ids[i + ahead]);
                else if (next != nullptr)
                    prepare(next->ids[i + ahead - used]);
                if (!visit(chunk.ids[i])) is_done = false;
            }
            if (!is_done) {
                present = &chunk.next;
                continue;
            }
            if (present == &from.first) from.used = chunk_ids;
            const std::uint32_t done = std::exchange(*present, chunk.next);
            chunk.next = std::exchange(first_unused_, done);
        }
    }

private:
    static constexpr std::uint32_t nothing = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::uint32_t chunk_ids = 63;
    static constexpr std::uint32_t ahead = 16;  // ids whose memory is on its way while one is visited; 8 to 24 measure alike

    struct Chunk {
        std::array<Id, chunk_ids> ids;
        std::uint32_t next;
    };
    struct List {
        std::uint32_t first = nothing;
        std::uint32_t used = 0;  // ids in the first chunk
    };

    std::uint32_t unused_chunk() {
        if (first_unused_ != nothing) return std::exchange(first_unused_, chunks_[first_unused_].next);
        chunks_.reach(made_);
        return made_++;
    }

    std::array<List, count> lists_;
    BlockArray<Chunk> chunks_;
    std::uint32_t made_ = 0;
    std::uint32_t first_unused_ = nothing;
};

}  // namespace kingbolt::engine
