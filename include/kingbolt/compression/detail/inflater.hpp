#pragma once
// zlib's decompressor, speaking permessage-deflate (RFC 7692 §7.2.2).

#include <kingbolt/concepts/compression.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <new>
#include <string>
#include <string_view>

namespace kingbolt::compression::detail {

class Inflater {
public:
    /// 8 to 15. Throws std::bad_alloc.
    explicit Inflater(int window_bits) {
        if (::inflateInit2(&stream_, -window_bits) != Z_OK) throw std::bad_alloc{};
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { ::inflateEnd(&stream_); }

    /// The next message refers to none before.
    void reset() noexcept { ::inflateReset(&stream_); }

    /// As concepts/compression.hpp says. Throws std::bad_alloc.
    Inflated inflate(std::string_view payload, std::string& out, std::size_t max_size) {
        out.clear();
        // Compressors that flush what has been flushed get nothing from zlib, and send an empty message as that.
        if (payload.empty()) return Inflated::ok;
        if (payload.size() > std::numeric_limits<uInt>::max()) return Inflated::too_big;
        const Inflated result = feed(payload, out, max_size);
        // After a final block (§7.2.3.4) there may be nothing that the tail could complete.
        if (result != Inflated::ok || stream_ended_) return result;
        constexpr std::string_view tail{"\x00\x00\xFF\xFF", 4};
        const std::size_t size = out.size();
        const Inflated after_tail = feed(tail, out, max_size);
        // A payload that was cut short takes the tail for something else than the end of a block.
        const bool whole = out.size() == size && stream_.data_type == between_blocks;
        return after_tail == Inflated::ok && whole ? Inflated::ok : Inflated::corrupt;
    }

private:
    // zlib.h, inflate(): 128 after the end of a block, plus the number of bits read but not used, plus 64 in the last block.
    static constexpr int between_blocks = 128;

    // Until zlib has read all bytes and has written all that it made of them.
    Inflated feed(std::string_view bytes, std::string& out, std::size_t max_size) {
        std::array<char, 16 * 1024> chunk;
        // zlib reads only: without ZLIB_CONST its interface does not say so.
        stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        do {
            const std::size_t left = max_size - out.size();
            // One more than allowed, so that the one too many shows itself.
            const std::size_t room = std::min(chunk.size() - 1, left) + 1;
            stream_.next_out = reinterpret_cast<Bytef*>(chunk.data());
            stream_.avail_out = static_cast<uInt>(room);
            const int status = ::inflate(&stream_, Z_SYNC_FLUSH);
            if (status == Z_MEM_ERROR) throw std::bad_alloc{};
            stream_ended_ = status == Z_STREAM_END;
            // Z_BUF_ERROR: there was nothing to do.
            if (!stream_ended_ && status != Z_OK && status != Z_BUF_ERROR) return Inflated::corrupt;
            const std::size_t produced = room - stream_.avail_out;
            if (produced > left) return Inflated::too_big;
            out.append(chunk.data(), produced);
            // To zlib the final block is the end of everything; the message may go on, and the connection does.
            if (stream_ended_) ::inflateReset(&stream_);
        } while (stream_.avail_in > 0 || (stream_.avail_out == 0 && !stream_ended_));
        return Inflated::ok;
    }

    bool stream_ended_ = false;
    z_stream stream_{};
};

}  // namespace kingbolt::compression::detail
