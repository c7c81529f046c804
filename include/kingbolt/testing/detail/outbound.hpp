#pragma once
// What a connection has still to hand to its kernel: the hub's frames, and between them what the transport writes itself.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/testing/detail/fifo.hpp>
#include <kingbolt/testing/detail/pipe.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace kingbolt::testing::detail {

class Outbound {
public:
    void push(const Frame& frame) {
        size_ += frame.wire().size();
        unwritten_ += frame.wire().size();
        chunks_.push({.frame = frame.compact()});
    }
    /// HTTP responses and Close frames: the hub does not hear of them in `on_written`.
    void push_own(std::string bytes) {
        size_ += bytes.size();
        chunks_.push({.own = std::move(bytes)});
    }

    bool empty() const noexcept { return chunks_.empty(); }
    /// All bytes that the kernel has not taken yet.
    std::size_t size() const noexcept { return size_; }
    /// The hub's bytes that the kernel has not taken yet.
    std::size_t unwritten() const noexcept { return unwritten_; }

    /// Hands over at most `most` bytes; returns how many of them were the hub's.
    std::size_t flush(Pipe& pipe, std::size_t most) {
        std::size_t written = 0;
        while (!chunks_.empty() && most > 0) {
            Chunk& chunk = chunks_.front();
            const auto rest = chunk.bytes().subspan(offset_);
            const auto wanted = rest.first(std::min(rest.size(), most));
            const std::size_t taken = pipe.send(wanted);
            offset_ += taken;
            most -= taken;
            size_ -= taken;
            if (chunk.frame) written += taken;
            if (taken == rest.size()) {
                chunks_.pop();
                offset_ = 0;
            }
            if (taken < wanted.size()) break;
        }
        unwritten_ -= written;
        return written;
    }

    void clear() noexcept {
        chunks_.clear();
        offset_ = size_ = unwritten_ = 0;
    }

private:
    struct Chunk {
        Frame frame{};
        std::string own{};

        std::span<const std::byte> bytes() const noexcept { return frame ? frame.wire() : std::as_bytes(std::span{own}); }
    };

    Fifo<Chunk> chunks_;
    std::size_t offset_ = 0;  ///< of the first chunk, already taken
    std::size_t size_ = 0, unwritten_ = 0;
};

}  // namespace kingbolt::testing::detail
