#pragma once
// A WebSocket frame as a server sends it: unmasked, final, encoded once, never changed. Every queue and history that
// holds the message holds a reference to the same bytes.

#include <kingbolt/core/opcode.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace kingbolt {

/// A topic within one hub.
using TopicId = std::uint32_t;

/// What a publication is about. A frame carries it so that a queue entry is one pointer and nothing else.
struct Label {
    static constexpr TopicId no_topic = 0xFFFF'FFFF;  ///< of what is sent outside topics

    TopicId topic = no_topic;
    std::uint64_t sequence = 0;  ///< of its topic, from 1; 0 outside topics
    std::uint64_t key = 0;       ///< messages of one topic and key, 0 included, may replace each other when a queue conflates
};

/// Shared, immutable, reference-counted. Copying costs one increment; any thread may hold and release copies.
///
/// Several messages that go to the same receivers together can be one object too, a bundle: their bytes lie in one piece, so that
/// each receiver costs one reference and one write, however many messages there are. A bundle of messages without labels, all to one
/// receiver, need not keep them one by one as well: a run.
class Frame {
public:
    /// The longest header of an unmasked frame: 2 bytes and a 64-bit length (RFC 6455 §5.2).
    static constexpr std::size_t max_header_size = 10;

    /// One allocation: counter, label, header and payload side by side. `window_bits` other than 0: the payload is compressed, and a
    /// window of so many bits, 8 to 15, suffices to read it (RFC 7692 §7.1.2). Throws std::bad_alloc.
    static Frame encode(Opcode opcode, std::span<const std::byte> payload, Label label = {}, std::uint8_t window_bits = 0) {
        std::array<std::byte, max_header_size> header{};
        const std::size_t header_size = write_header(header, opcode, payload.size(), window_bits != 0);
        void* memory = ::operator new(sizeof(Block) + header_size + payload.size());
        auto* block = new (memory) Block{.references = {1},
                                         .header_size = static_cast<std::uint8_t>(header_size),
                                         .opcode = opcode,
                                         .window_bits = window_bits,
                                         .wire_size = header_size + payload.size(),
                                         .label = label};
        std::memcpy(block->bytes(), header.data(), header_size);
        if (!payload.empty()) std::memcpy(block->bytes() + header_size, payload.data(), payload.size());
        return Frame{block};
    }
    /// Likewise.
    static Frame encode(Opcode opcode, std::string_view payload, Label label = {}, std::uint8_t window_bits = 0) {
        return encode(opcode, std::as_bytes(std::span{payload}), label, window_bits);
    }

    /// The messages of `parts`, in order, as one; of a single part, that part. None of them is a bundle or empty. Throws
    /// std::bad_alloc.
    static Frame bundle(std::span<const Frame> parts) {
        if (parts.size() == 1) return parts.front();
        std::size_t size = 0;
        for (const Frame& part : parts) size += part.wire().size();
        void* memory = ::operator new(sizeof(Block) + parts.size_bytes() + size);
        auto* block = new (memory) Block{.references = {1},
                                         .messages = static_cast<std::uint32_t>(parts.size()),
                                         .part_count = static_cast<std::uint32_t>(parts.size()),
                                         .opcode = parts.front().opcode(),
                                         .window_bits = std::ranges::max_element(parts, {}, &Frame::window_bits)->window_bits(),
                                         .wire_size = size};
        std::uninitialized_copy(parts.begin(), parts.end(), block->parts());
        std::byte* to = block->bytes();
        for (const Frame& part : parts) to = std::ranges::copy(part.wire(), to).out;
        return Frame{block};
    }

    /// Memory in which frames are put together, one after the other.
    class Draft;
    /// The same in memory of its own, where this one lies in a draft's: for whoever keeps it. Throws std::bad_alloc.
    Frame compact() const;

    Frame() noexcept = default;
    Frame(const Frame& other) noexcept : block_{other.block_} {
        if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
    }
    Frame(Frame&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
    Frame& operator=(Frame other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Frame() {
        // acq_rel: the last owner must see every other owner's last read before it frees the bytes.
        if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
    }

    explicit operator bool() const noexcept { return block_ != nullptr; }

    /// Header and payload, as they go on the wire. Like all that follows, only for a frame that is not empty.
    std::span<const std::byte> wire() const noexcept { return {block_->bytes(), block_->wire_size}; }
    /// Like the opcode and the label, not for a bundle: its parts have their own.
    std::span<const std::byte> payload() const noexcept { return wire().subspan(block_->header_size); }
    Opcode opcode() const noexcept { return block_->opcode; }
    /// What it is about; not for a bundle.
    const Label& label() const noexcept { return block_->label; }
    /// How many messages this is.
    std::uint32_t messages() const noexcept { return block_->messages; }
    /// `visit(message)` for each of them in order, each a frame of its own. Throws std::bad_alloc for a run, where they are made anew.
    template <class Visit>
    void for_each_message(Visit&& visit) const;
    /// What a bundle was made of; empty for a single message, and for a run.
    std::span<const Frame> parts() const noexcept;

    /// The window that suffices to read what is compressed in it, as an exponent of 2; 0 when nothing is.
    std::uint8_t window_bits() const noexcept { return block_->window_bits; }
    /// The same message compressed, once somebody has kept it with this one: then it is there for every copy, and lives as long.
    Frame deflated() const noexcept {
        Block* const kept = block_->deflated.load(std::memory_order_acquire);
        if (kept != nullptr) kept->references.fetch_add(1, std::memory_order_relaxed);
        return Frame{kept};
    }
    /// Keeps `deflated`, which is the frame itself where compressing it does not pay; returns what is kept. Any thread: the first
    /// to come decides for all.
    Frame keep_deflated(Frame deflated) const noexcept;

    /// Two frames are one when they share their bytes.
    friend bool same_bytes(const Frame& a, const Frame& b) noexcept { return a.block_ == b.block_; }

    /// The header that `write_header` wrote at the front of `wire`: its length, and the payload's.
    static std::pair<std::size_t, std::size_t> read_header(std::span<const std::byte> wire) noexcept {
        const auto byte = [wire](std::size_t i) { return static_cast<std::size_t>(wire[i]); };
        const std::size_t length_bytes = byte(1) == 126 ? 2 : byte(1) == 127 ? 8 : 0;
        std::size_t size = length_bytes == 0 ? byte(1) : 0;
        for (std::size_t i = 0; i < length_bytes; ++i) size = (size << 8U) | byte(2 + i);
        return {2 + length_bytes, size};
    }

    /// Writes the header of a final, unmasked frame into `out`, with RSV1 when `compressed` (RFC 7692 §6); returns its length, 2, 4
    /// or 10.
    static std::size_t write_header(std::span<std::byte, max_header_size> out, Opcode opcode, std::uint64_t size,
                                    bool compressed = false) noexcept {
        out[0] = static_cast<std::byte>(opcode) | (compressed ? std::byte{0xC0} : std::byte{0x80});
        if (size < 126) {
            out[1] = static_cast<std::byte>(size);
            return 2;
        }
        const std::size_t length_bytes = size <= 0xFFFF ? 2 : 8;
        out[1] = length_bytes == 2 ? std::byte{126} : std::byte{127};
        for (std::size_t i = 0; i < length_bytes; ++i) out[2 + i] = static_cast<std::byte>(size >> (8 * (length_bytes - 1 - i)));
        return 2 + length_bytes;
    }

private:
    // Behind it lie the parts of a bundle, then the bytes.
    struct Block {
        std::atomic<std::uint32_t> references;
        std::uint32_t messages = 1;
        std::uint32_t part_count = 0;
        std::uint8_t header_size = 0;
        Opcode opcode;
        std::uint8_t window_bits = 0;
        bool is_draft = false;
        std::size_t wire_size;
        Label label{};
        std::atomic<Block*> deflated{};  // one reference to it, unless it is this block

        void forget_deflated() noexcept {
            Block* const kept = deflated.load(std::memory_order_relaxed);
            if (kept == nullptr) return;
            deflated.store(nullptr, std::memory_order_relaxed);
            if (kept != this) const Frame last{kept};
        }
        Frame* parts() noexcept { return reinterpret_cast<Frame*>(this + 1); }
        std::byte* bytes() noexcept;
    };

    explicit Frame(Block* block) noexcept : block_{block} {}
    void destroy() noexcept;

    Block* block_ = nullptr;
};

/// Of one owner, who writes frames into it and hands on what they have become. As long as nobody keeps that, no memory is asked for.
class Frame::Draft {
public:
    Draft() noexcept = default;
    /// Throws std::bad_alloc.
    explicit Draft(std::size_t capacity) {
        void* memory = ::operator new(sizeof(Block) + capacity);
        frame_ = Frame{new (memory) Block{.references = {1}, .opcode = Opcode::continuation, .is_draft = true, .wire_size = 0}};
    }
    Draft(Draft&&) noexcept = default;
    Draft& operator=(Draft&&) noexcept = default;

    /// There is memory, and nobody else has what was handed on last: it may be written anew.
    bool is_free() const noexcept { return frame_ && frame_.block_->references.load(std::memory_order_acquire) == 1; }
    std::byte* bytes() noexcept { return frame_.block_->bytes(); }
    /// The first `size` bytes are `messages` frames one behind the other, as `write_header` begins them, none compressed. More than one are
    /// a run.
    Frame frame(std::size_t size, std::uint32_t messages) noexcept {
        Block& block = *frame_.block_;
        block.forget_deflated();
        block.wire_size = size;
        block.messages = messages;
        block.opcode = messages == 1 ? static_cast<Opcode>(bytes()[0] & std::byte{0x0F}) : Opcode::continuation;
        block.header_size = messages == 1 ? static_cast<std::uint8_t>(read_header(frame_.wire()).first) : std::uint8_t{0};
        return frame_;
    }

private:
    Frame frame_;
};

inline Frame Frame::compact() const {
    if (!block_->is_draft) return *this;
    void* memory = ::operator new(sizeof(Block) + block_->wire_size);
    auto* block = new (memory) Block{.references = {1},
                                     .messages = block_->messages,
                                     .header_size = block_->header_size,
                                     .opcode = block_->opcode,
                                     .wire_size = block_->wire_size};
    std::memcpy(block->bytes(), block_->bytes(), block_->wire_size);
    return Frame{block};
}

inline std::byte* Frame::Block::bytes() noexcept { return reinterpret_cast<std::byte*>(parts() + part_count); }

inline std::span<const Frame> Frame::parts() const noexcept { return {block_->parts(), block_->part_count}; }

template <class Visit>
void Frame::for_each_message(Visit&& visit) const {
    if (messages() == 1) return visit(*this);
    for (const Frame& part : parts()) visit(part);
    if (!parts().empty()) return;
    for (auto rest = wire(); !rest.empty();) {
        const auto [header, size] = read_header(rest);
        visit(encode(static_cast<Opcode>(rest[0] & std::byte{0x0F}), rest.subspan(header, size)));
        rest = rest.subspan(header + size);
    }
}

inline Frame Frame::keep_deflated(Frame deflated) const noexcept {
    Block* kept = nullptr;
    // acq_rel: whoever finds the block must find its bytes.
    if (!block_->deflated.compare_exchange_strong(kept, deflated.block_, std::memory_order_acq_rel)) return this->deflated();
    // This reference is the block's from now on. Not one to itself: the frame would never be freed.
    if (deflated.block_ != block_) deflated.block_->references.fetch_add(1, std::memory_order_relaxed);
    return deflated;
}

inline void Frame::destroy() noexcept {
    block_->forget_deflated();
    std::destroy_n(block_->parts(), block_->part_count);
    block_->~Block();
    ::operator delete(block_);
}

}  // namespace kingbolt
