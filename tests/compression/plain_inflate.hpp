#pragma once
// RFC 1951 read a second time, bit by bit and apart from zlib: what a stream says, and how far back it reaches. zlib does not tell, and
// reads what reaches further than the window that it was given.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace compression_test {

struct PlainInflated {
    std::string text{};
    std::size_t reach = 0;  ///< the greatest distance
};

class PlainInflate {
public:
    /// A payload of permessage-deflate, after `context`, the messages before it. Throws std::runtime_error.
    static PlainInflated read(std::string_view payload, std::string_view context = {}) {
        PlainInflate reader{std::string{payload} + std::string{"\0\0\xFF\xFF", 4}, context};
        while (reader.at_ + 8 <= 8 * reader.in_.size()) reader.block();
        reader.out_.text.erase(0, context.size());
        return reader.out_;
    }

private:
    struct Code {
        explicit Code(std::span<const unsigned> lengths) {
            for (const unsigned length : lengths) ++count[length];
            count[0] = 0;
            for (unsigned length = 1; length < 16; ++length)
                for (unsigned symbol = 0; symbol < lengths.size(); ++symbol)
                    if (lengths[symbol] == length) symbols.push_back(symbol);
        }
        std::array<unsigned, 16> count{};
        std::vector<unsigned> symbols{};  // in the order of their codes
    };

    PlainInflate(std::string in, std::string_view context) : in_{std::move(in)}, out_{.text = std::string{context}} {}

    unsigned bits(unsigned n) {
        unsigned value = 0;
        for (unsigned i = 0; i < n; ++i, ++at_) {
            if (at_ / 8 >= in_.size()) throw std::runtime_error{"the stream ends too soon"};
            value |= ((static_cast<unsigned char>(in_[at_ / 8]) >> (at_ % 8)) & 1U) << i;
        }
        return value;
    }

    unsigned symbol(const Code& code) {
        unsigned value = 0, first = 0, index = 0;
        for (unsigned length = 1; length < 16; ++length) {
            value = 2 * value + bits(1);
            first *= 2;
            if (value < first + code.count[length]) return code.symbols[index + value - first];
            index += code.count[length];
            first += code.count[length];
        }
        throw std::runtime_error{"no such code"};
    }

    void block() {
        bits(1);  // BFINAL: the message goes on all the same
        switch (bits(2)) {
        case 0: return stored();
        case 1: return fixed();
        case 2: return dynamic();
        default: throw std::runtime_error{"no such block"};
        }
    }

    void stored() {
        at_ = (at_ + 7) / 8 * 8;
        const unsigned size = bits(16);
        if ((bits(16) ^ size) != 0xFFFF) throw std::runtime_error{"LEN and NLEN differ"};
        for (unsigned i = 0; i < size; ++i) out_.text += static_cast<char>(bits(8));
    }

    void fixed() {
        std::vector<unsigned> lengths(288, 8);
        std::fill(lengths.begin() + 144, lengths.begin() + 256, 9U);
        std::fill(lengths.begin() + 256, lengths.begin() + 280, 7U);
        symbols(Code{lengths}, Code{std::vector<unsigned>(30, 5)});
    }

    void dynamic() {
        const unsigned literals = 257 + bits(5);
        const unsigned distances = 1 + bits(5);
        const unsigned n = 4 + bits(4);
        constexpr std::array<unsigned, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
        std::vector<unsigned> code_lengths(19);
        for (unsigned i = 0; i < n; ++i) code_lengths[order[i]] = bits(3);
        const Code code{code_lengths};
        std::vector<unsigned> lengths;
        while (lengths.size() < literals + distances) {
            const unsigned next = symbol(code);
            if (next < 16) {
                lengths.push_back(next);
            } else {
                const unsigned repeated = next == 16 ? lengths.back() : 0;
                const unsigned times = next == 16 ? 3 + bits(2) : next == 17 ? 3 + bits(3) : 11 + bits(7);
                lengths.insert(lengths.end(), times, repeated);
            }
        }
        symbols(Code{std::span{lengths}.first(literals)}, Code{std::span{lengths}.subspan(literals)});
    }

    void symbols(const Code& literals, const Code& distances) {
        for (unsigned next = symbol(literals); next != 256; next = symbol(literals)) {
            if (next < 256) {
                out_.text += static_cast<char>(next);
                continue;
            }
            const unsigned length = next == 285 ? 258 : 3 + graded(next - 257, 4);
            const std::size_t distance = 1 + graded(symbol(distances), 2);
            if (distance > out_.text.size()) throw std::runtime_error{"before the beginning"};
            out_.reach = std::max(out_.reach, distance);
            for (unsigned i = 0; i < length; ++i) out_.text += out_.text[out_.text.size() - distance];
        }
    }

    // The tables of §3.2.5 follow a rule: after the first two groups each group of `group` codes has one extra bit more.
    unsigned graded(unsigned code, unsigned group) {
        if (code < 2 * group) return code;
        const unsigned extra = code / group - 1;
        return ((group + code % group) << extra) + bits(extra);
    }

    std::string in_;
    std::size_t at_ = 0;  // in bits
    PlainInflated out_;
};

}  // namespace compression_test
