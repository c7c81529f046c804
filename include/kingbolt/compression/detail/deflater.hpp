#pragma once
// zlib's compressor, speaking permessage-deflate (RFC 7692 §7.2.1).

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <vector>

namespace kingbolt::compression::detail {

class Deflater {
public:
    /// zlib counts input in 32 bits.
    static constexpr std::size_t max_message = 0xFFFF'FFFF;

    /// The options of PermessageDeflate, in range. Throws std::bad_alloc.
    Deflater(int level, int window_bits, int memory_level) {
        // A negative window means raw deflate: neither header nor checksum.
        if (::deflateInit2(&stream_, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc{};
    }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;
    ~Deflater() { ::deflateEnd(&stream_); }

    /// The next message refers to none before.
    void reset() noexcept { ::deflateReset(&stream_); }

    /// Replaces `out` by the compressed `message`, which is not empty and at most `max_message` long. Throws std::bad_alloc.
    void deflate(std::span<const std::byte> message, std::vector<std::byte>& out) {
        out.resize(::deflateBound(&stream_, message.size()) + room_to_flush);
        // zlib reads only: without ZLIB_CONST its interface does not say so.
        stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(message.data()));
        stream_.avail_in = static_cast<uInt>(message.size());
        std::size_t size = 0;
        for (;;) {
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
            stream_.avail_out = static_cast<uInt>(out.size() - size);
            ::deflate(&stream_, Z_SYNC_FLUSH);
            size = out.size() - stream_.avail_out;
            if (stream_.avail_out > 0) break;
            out.resize(2 * out.size());
        }
        out.resize(size - tail_size);
    }

private:
    // deflateBound counts on Z_FINISH; a flush ends with an empty stored block instead, of which the last 4 bytes, 00 00 FF FF, are left
    // out (§7.2.1) because they are always the same.
    static constexpr std::size_t room_to_flush = 16;
    static constexpr std::size_t tail_size = 4;

    z_stream stream_{};
};

}  // namespace kingbolt::compression::detail
