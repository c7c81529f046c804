#pragma once
// What subscribers do with a compressed message (RFC 7692), each message for itself.

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace load {

class Inflate {
public:
    Inflate() {
        if (inflateInit2(&stream_, -15) != Z_OK) throw std::runtime_error{"no memory for zlib"};
    }
    ~Inflate() { inflateEnd(&stream_); }
    Inflate(const Inflate&) = delete;
    Inflate& operator=(const Inflate&) = delete;

    /// Valid until the next call. Throws when it is no message of less than 64 KiB. Where all get the same bytes they are inflated once.
    std::string_view message(std::string_view payload) {
        if (payload != payload_) {
            payload_ = payload;
            inflate_message();
        }
        return {message_.data(), size_};
    }

private:
    void inflate_message() {
        inflateReset(&stream_);
        const std::string whole = payload_ + std::string{"\x00\x00\xFF\xFF", 4};
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(whole.data()));
        stream_.avail_in = static_cast<uInt>(whole.size());
        stream_.next_out = reinterpret_cast<Bytef*>(message_.data());
        stream_.avail_out = static_cast<uInt>(message_.size());
        if (inflate(&stream_, Z_SYNC_FLUSH) < Z_OK || stream_.avail_in != 0) throw std::runtime_error{"not a compressed message"};
        size_ = message_.size() - stream_.avail_out;
    }

    z_stream stream_{};
    std::string payload_;
    std::string message_ = std::string(64 * 1024, '\0');
    std::size_t size_ = 0;
};

}  // namespace load
