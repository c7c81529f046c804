#pragma once
// What RapidJSON's reader is given: a text that it may write over, of which it need not look at every character by itself.

#include <rapidjson/encodings.h>
#include <rapidjson/stream.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace kingbolt::protocol {

/// A text that is followed by a NUL, of which the strings are written over it.
class InPlaceStream {
public:
    using Ch = char;

    explicit InPlaceStream(std::string& text) : begin_{text.data()}, at_{begin_}, end_{begin_ + text.size()} {}

    // As RapidJSON wants them.
    Ch Peek() const { return *at_; }
    Ch Take() { return *at_++; }
    std::size_t Tell() const { return static_cast<std::size_t>(at_ - begin_); }
    void Put(Ch c) { *to_++ = c; }
    Ch* PutBegin() { return to_ = at_; }
    std::size_t PutEnd(const Ch* from) const { return static_cast<std::size_t>(to_ - from); }
    void Flush() {}

    /// Takes and puts the next character of a string and, where it need not be moved, all that follow it up to one that means something:
    /// a quote, a backslash, a control character. Most of what clients send is the text of some string.
    void pass() {
        Put(Take());
        if (at_ != to_) return;
        std::size_t plain = 8;
        for (; plain == 8 && end_ - at_ >= 8; at_ += plain) plain = plain_of(at_);
        to_ = at_;
    }

private:
    /// How many of these eight bytes come before the first that means something.
    static std::size_t plain_of(const char* eight) {
        constexpr std::uint64_t each = 0x0101'0101'0101'0101;
        constexpr std::uint64_t high = each * 0x80;
        std::uint64_t word = 0;
        if constexpr (std::endian::native == std::endian::little) {
            std::memcpy(&word, eight, sizeof word);
        } else {
            for (int i = 7; i >= 0; --i) word = word << 8U | static_cast<unsigned char>(eight[i]);
        }
        // A byte is below n if taking n from it borrows (and it has no high bit). Borrowing goes on into the bytes above: only the lowest
        // mark counts.
        const auto below = [](std::uint64_t x, std::uint64_t n) { return (x - each * n) & ~x & high; };
        const std::uint64_t marks = below(word, 0x20) | below(word ^ (each * '"'), 1) | below(word ^ (each * '\\'), 1);
        return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
    }

    char* begin_;
    char* at_;
    char* end_;
    char* to_ = nullptr;
};

/// UTF-8 as it is: whether it is that is asked of whole messages, before they get here.
struct PassedUtf8 : rapidjson::UTF8<> {};

}  // namespace kingbolt::protocol

template <>
struct rapidjson::StreamTraits<kingbolt::protocol::InPlaceStream> {
    enum { copyOptimization = 1 };
};

template <>
struct rapidjson::Transcoder<kingbolt::protocol::PassedUtf8, kingbolt::protocol::PassedUtf8>
    : rapidjson::Transcoder<rapidjson::UTF8<>, rapidjson::UTF8<>> {
    using rapidjson::Transcoder<rapidjson::UTF8<>, rapidjson::UTF8<>>::Transcode;
    static bool Transcode(kingbolt::protocol::InPlaceStream& from, kingbolt::protocol::InPlaceStream&) {
        from.pass();
        return true;
    }
};
