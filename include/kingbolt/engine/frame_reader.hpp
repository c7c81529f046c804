#pragma once
// What the peer's bytes mean once the connection is a WebSocket: frames, checked as they come and put together to messages.
// No socket and no buffer of its own: it reads wherever the transport has received, and keeps only what is incomplete.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/opcode.hpp>
#include <kingbolt/engine/assembly.hpp>
#include <kingbolt/engine/close_payload.hpp>
#include <kingbolt/engine/frame_header.hpp>
#include <kingbolt/engine/mask.hpp>
#include <kingbolt/engine/utf8.hpp>
#include <kingbolt/engine/violation.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace kingbolt::engine {

/// The same for all connections of a transport, or for those that negotiated the same.
struct FrameRules {
    std::size_t max_message = 1024 * 1024;  ///< bytes of one message, over all its fragments
    bool compression = false;               ///< permessage-deflate was negotiated: RSV1 may mark a message (RFC 7692 §6)
    bool masked = true;                     ///< as a client's frames must be, and a server's must not (RFC 6455 §5.1)

    /// As they are on the wire. What cannot be compressed is longer there, by no more than this says: zlib's deflateBound counts so for a
    /// compressor of which nothing is known. How long the message really is has to be seen while inflating.
    constexpr std::size_t most(bool compressed) const noexcept {
        // RFC 6455 §5.2 forbids lengths of 2^63 and more; no message can be that large anyway.
        const std::size_t most = std::min<std::size_t>(max_message, std::numeric_limits<std::ptrdiff_t>::max());
        return compressed ? most + (most + 7) / 8 + (most + 63) / 64 + 5 : most;
    }
};

/// What the reader tells. Views are valid until the call returns. `false` stops the reading after this event; it may even have
/// destroyed the reader, which touches itself no more.
template <class S>
concept FrameSink = requires(S& sink, Opcode opcode, std::string_view payload, bool compressed, CloseCode code) {
    { sink.on_message(opcode, payload, compressed) } -> std::same_as<bool>;  // text is UTF-8, unless it is still compressed
    { sink.on_ping(payload) } -> std::same_as<bool>;
    { sink.on_pong(payload) } -> std::same_as<bool>;
    { sink.on_close(code, payload) } -> std::same_as<bool>;  // `no_status` when the frame had no code
};

class FrameReader {
public:
    struct Result {
        std::size_t consumed = 0;              ///< from the front of the input; the caller keeps the rest for the next call
        const Violation* violation = nullptr;  ///< the connection has failed (RFC 6455 §7.1.7)
    };

    /// Reads frames until the input ends, the sink says stop, or the peer breaks the protocol. Payloads are unmasked where they are, so
    /// a frame that is whole in `input` is told without a copy. After a Close or a violation everything is consumed and nothing read.
    /// Throws std::bad_alloc when an incomplete message finds no memory, and what the sink throws: then the connection has to end.
    template <FrameSink Sink>
    Result read(std::span<char> input, const FrameRules& rules, Sink& sink);

    /// A Close or a violation was read.
    bool over() const noexcept { return over_; }
    /// Bytes of what is not whole yet.
    std::size_t held() const noexcept { return assembly_.size(); }

private:
    static constexpr std::size_t max_control = 125;               // RFC 6455 §5.5
    static constexpr std::uint32_t max_empty_fragments = 65'536;  // of one message; the last, which ends it, apart

    bool take_header(std::span<const char> input, std::size_t& consumed, FrameHeader& header) noexcept;
    bool complete_header(std::span<const char> input, std::size_t& consumed, FrameHeader& header) noexcept;
    const Violation* begin(const FrameHeader& header, const FrameRules& rules) noexcept;
    const Violation* unmask(std::span<char> piece) noexcept;
    bool is_between_messages() const noexcept { return !in_frame_ && head_size_ == 0 && message_ == Opcode::continuation; }
    static std::span<char> short_message(std::span<char> input, const FrameRules& rules) noexcept;
    void keep(std::span<const char> piece);
    std::string_view whole_control(std::span<const char> last_piece, std::span<char, max_control> memory) noexcept;
    template <FrameSink Sink>
    bool tell_message(std::span<const char> last_piece, Sink& sink);

    Result fail(std::span<const char> input, const Violation& violation) noexcept {
        end();
        return {input.size(), &violation};
    }
    void end() noexcept {
        over_ = true;
        assembly_.truncate(0);
    }

    Assembly assembly_;                                   ///< the message so far, and behind it the control frame so far
    std::size_t awaited_ = 0;                             ///< bytes of the current frame's payload
    MaskKey key_{};                                       ///< for the first of them
    std::array<char, FrameHeader::max_size - 1> head_{};  ///< a header that is not there in full
    std::uint8_t head_size_ = 0;
    std::uint8_t control_size_ = 0;  ///< how much of `assembly_` belongs to a control frame
    Utf8Validator utf8_;
    Opcode frame_{};                          ///< of the current frame
    Opcode message_ = Opcode::continuation;   ///< of the current message; `continuation` between messages
    std::uint32_t empty_fragments_ : 17 = 0;  ///< of the current message
    bool in_frame_ : 1 = false;               ///< the header of the current frame has been read
    bool final_ : 1 = false, compressed_ : 1 = false, over_ : 1 = false;
};

static_assert(sizeof(FrameReader) <= 48, "every connection has one");

template <FrameSink Sink>
FrameReader::Result FrameReader::read(std::span<char> input, const FrameRules& rules, Sink& sink) {
    std::size_t at = 0;
    while (at < input.size()) {
        if (over_) return {input.size(), nullptr};
        if (is_between_messages()) {
            // What most frames are. None of them leaves a trace in this reader, nor finds one.
            for (auto payload = short_message(input.subspan(at), rules); payload.data() != nullptr;
                 payload = short_message(input.subspan(at), rules)) {
                const auto opcode = static_cast<Opcode>(input[at] & 0x0F);
                MaskKey key;
                std::memcpy(key.data(), payload.data() - key.size(), key.size());
                at = static_cast<std::size_t>(payload.data() + payload.size() - input.data());
                const std::string_view message{payload.data(), payload.size()};
                if (!apply_mask(payload, key) && opcode == Opcode::text && !is_utf8(message)) return fail(input, violation::text);
                if (!sink.on_message(opcode, message, false)) return {at, nullptr};
            }
            if (at == input.size()) break;
        }
        if (!in_frame_) {
            FrameHeader header;
            if (!take_header(input.subspan(at), at, header)) break;
            if (const Violation* const wrong = begin(header, rules)) return fail(input, *wrong);
        }
        const auto piece = input.subspan(at, std::min(awaited_, input.size() - at));
        at += piece.size();
        if (const Violation* const wrong = unmask(piece)) return fail(input, *wrong);
        if (awaited_ > 0 || !final_) {
            keep(piece);
            continue;
        }
        in_frame_ = false;
        bool go_on = true;
        if (is_control(frame_)) {
            std::array<char, max_control> memory;
            const std::string_view payload = whole_control(piece, memory);
            if (frame_ == Opcode::close) {
                const ClosePayload close = read_close_payload(payload);
                if (close.flaw != nullptr) return fail(input, *close.flaw);
                end();
                go_on = sink.on_close(close.code, close.reason);
            } else {
                go_on = frame_ == Opcode::ping ? sink.on_ping(payload) : sink.on_pong(payload);
            }
        } else {
            go_on = tell_message(piece, sink);
        }
        if (!go_on) break;
    }
    return {at, nullptr};
}

/// The payload of what most frames are, a whole message of up to 125 bytes in one masked frame, if `input` begins with all of one: there is
/// nothing to keep of it, and nothing that it could break but UTF-8. Otherwise null.
inline std::span<char> FrameReader::short_message(std::span<char> input, const FrameRules& rules) noexcept {
    constexpr std::size_t header = 2 + sizeof(MaskKey);
    if (input.size() < header || !rules.masked) return {};
    const auto first = static_cast<unsigned char>(input[0]), second = static_cast<unsigned char>(input[1]);
    constexpr unsigned last_fragment = 0x80, masked = 0x80;
    if (first != (last_fragment | 1U) && first != (last_fragment | 2U)) return {};
    const std::size_t size = second - masked;  // huge, where it is not masked
    if (size > max_control || size > rules.max_message || size > input.size() - header) return {};
    return input.subspan(header, size);
}

/// Adds to `consumed` what it takes of the input: the header, or what there is of it.
inline bool FrameReader::take_header(std::span<const char> input, std::size_t& consumed, FrameHeader& header) noexcept {
    if (head_size_ > 0 || !read_frame_header(input, header)) return complete_header(input, consumed, header);
    consumed += header.size;
    return true;
}

/// Of a header that comes in pieces.
inline bool FrameReader::complete_header(std::span<const char> input, std::size_t& consumed, FrameHeader& header) noexcept {
    std::array<char, FrameHeader::max_size> bytes;
    const std::size_t fresh = std::min(input.size(), bytes.size() - head_size_);
    const std::size_t size = head_size_ + fresh;
    std::memcpy(bytes.data(), head_.data(), head_size_);
    std::memcpy(bytes.data() + head_size_, input.data(), fresh);
    const bool is_whole = read_frame_header(std::span{bytes}.first(size), header);
    consumed += (is_whole ? header.size : size) - head_size_;
    head_size_ = is_whole ? std::uint8_t{0} : static_cast<std::uint8_t>(size);
    std::memcpy(head_.data(), bytes.data(), head_size_);
    return is_whole;
}

/// The rules that a header can break, before anything is kept of what it announces.
inline const Violation* FrameReader::begin(const FrameHeader& header, const FrameRules& rules) noexcept {
    const bool control = is_control(header.opcode);
    const bool first = !control && header.opcode != Opcode::continuation;
    constexpr unsigned rsv1 = 4;
    if ((header.reserved & ~(rules.compression && first ? rsv1 : 0U)) != 0) return &violation::reserved_bits;
    if (!is_known(header.opcode)) return &violation::reserved_opcode;
    if (header.masked != rules.masked) return rules.masked ? &violation::unmasked : &violation::masked;
    if (control && header.payload_size > max_control) return &violation::long_control;
    if (control && !header.final) return &violation::fragmented_control;
    if (!header.shortest) return &violation::longer_than_shortest;
    if (!control) {
        if (first != (message_ == Opcode::continuation)) return &violation::continuation;
        const bool compressed = first ? header.reserved != 0 : compressed_;
        if (header.payload_size > rules.most(compressed) - assembly_.size()) return &violation::message_too_big;
        if (first) {
            message_ = header.opcode;
            compressed_ = compressed;
            empty_fragments_ = 0;
        }
        if (header.payload_size == 0 && !header.final) {
            if (empty_fragments_ == max_empty_fragments) return &violation::empty_fragments;
            ++empty_fragments_;
        }
    }
    frame_ = header.opcode;
    final_ = header.final;
    key_ = header.key;
    awaited_ = static_cast<std::size_t>(header.payload_size);
    in_frame_ = true;
    return nullptr;
}

inline const Violation* FrameReader::unmask(std::span<char> piece) noexcept {
    const bool is_ascii = apply_mask(piece, key_);
    awaited_ -= piece.size();
    if (awaited_ > 0) key_ = key_after(piece.size(), key_);
    if (is_control(frame_) || message_ != Opcode::text || compressed_) return nullptr;
    if (is_ascii && utf8_.complete()) return nullptr;
    const bool over = final_ && awaited_ == 0;
    return utf8_.feed({piece.data(), piece.size()}) && (!over || utf8_.complete()) ? nullptr : &violation::text;
}

/// A piece that neither completes a control frame nor a message.
inline void FrameReader::keep(std::span<const char> piece) {
    assembly_.append(piece, final_ ? assembly_.size() + piece.size() + awaited_ : Assembly::no_end_in_sight);
    if (is_control(frame_)) control_size_ = static_cast<std::uint8_t>(control_size_ + piece.size());
    in_frame_ = awaited_ > 0;
}

/// The payload of a control frame, of which `last_piece` is all, or what came last. Then the message in whose midst it stood gets
/// its assembly back, and the payload lies in `memory`.
inline std::string_view FrameReader::whole_control(std::span<const char> last_piece, std::span<char, max_control> memory) noexcept {
    if (control_size_ == 0) return {last_piece.data(), last_piece.size()};
    const std::size_t message_size = assembly_.size() - control_size_;
    const std::size_t earlier = std::exchange(control_size_, std::uint8_t{0});
    std::memcpy(memory.data(), assembly_.view().data() + message_size, earlier);
    std::memcpy(memory.data() + earlier, last_piece.data(), last_piece.size());
    assembly_.truncate(message_size);
    return {memory.data(), earlier + last_piece.size()};
}

/// The last thing that touches the reader's members before the sink may destroy them.
template <FrameSink Sink>
bool FrameReader::tell_message(std::span<const char> last_piece, Sink& sink) {
    const Opcode opcode = std::exchange(message_, Opcode::continuation);
    if (assembly_.size() == 0) return sink.on_message(opcode, {last_piece.data(), last_piece.size()}, compressed_);
    assembly_.append(last_piece, assembly_.size() + last_piece.size());
    const Assembly whole = std::exchange(assembly_, {});
    return sink.on_message(opcode, whole.view(), compressed_);
}

}  // namespace kingbolt::engine
