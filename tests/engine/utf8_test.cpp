#include <kingbolt/engine/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using kingbolt::engine::is_utf8;
using kingbolt::engine::utf8_prefix;
using kingbolt::engine::Utf8Validator;

namespace {

/// RFC 3629 §3, without a look at what may be encoded.
std::string encoded(std::uint32_t code_point, std::size_t length) {
    if (length == 1) return {static_cast<char>(code_point)};
    std::string out;
    for (std::size_t i = length; i-- > 1;) {
        const std::uint32_t six = (code_point >> (6 * (i - 1))) & 0x3FU;
        if (out.empty()) {
            constexpr std::array<std::uint32_t, 5> marks{0, 0, 0xC0, 0xE0, 0xF0};
            out += static_cast<char>(marks[length] | (code_point >> (6 * i)));
        }
        out += static_cast<char>(0x80U | six);
    }
    return out;
}

std::size_t shortest(std::uint32_t code_point) { return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4; }

/// How many of the first bytes are fed, one by one, before the validator says no.
std::size_t accepted_bytes(std::string_view text) {
    Utf8Validator validator;
    std::size_t accepted = 0;
    while (accepted < text.size() && validator.feed(text.substr(accepted, 1))) ++accepted;
    return accepted;
}

}  // namespace

TEST_CASE("of all numbers in all lengths, exactly the code points in their shortest form are UTF-8") {
    std::size_t valid = 0;
    for (std::size_t length = 1; length <= 4; ++length) {
        const std::uint32_t end = length == 1 ? 0x80 : length == 2 ? 0x800 : length == 3 ? 0x10000 : 0x200000;
        for (std::uint32_t code_point = 0; code_point < end; ++code_point) {
            const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
            const bool expected = shortest(code_point) == length && !surrogate && code_point <= 0x10FFFF;
            const std::string text = encoded(code_point, length);
            if (is_utf8(text) != expected) FAIL(code_point << " in " << length << " bytes");
            valid += expected ? 1 : 0;
        }
    }
    CHECK(valid == 0x110000 - 0x800);
}

TEST_CASE("a wrong byte is refused as it comes, not when the character or the text is over") {
    CHECK(accepted_bytes("abc\x80") == 3);
    CHECK(accepted_bytes("\xC0\x80") == 0);
    CHECK(accepted_bytes("\xF5\x80\x80\x80") == 0);
    CHECK(accepted_bytes("\xFF") == 0);
    CHECK(accepted_bytes("\xE0\x9F\xBF") == 1);      // overlong
    CHECK(accepted_bytes("\xED\xA0\x80") == 1);      // a surrogate
    CHECK(accepted_bytes("\xF0\x8F\xBF\xBF") == 1);  // overlong
    CHECK(accepted_bytes("\xF4\x90\x80\x80") == 1);  // beyond U+10FFFF
    CHECK(accepted_bytes("\xE2\x82x") == 2);
    CHECK(accepted_bytes("\xE2\x82\xAC\xAC") == 3);
}

TEST_CASE("a text is complete only between two characters") {
    Utf8Validator validator;
    CHECK(validator.complete());
    CHECK(validator.feed("\xF0\x9F"));
    CHECK_FALSE(validator.complete());
    CHECK(validator.feed(""));
    CHECK(validator.feed("\x94"));
    CHECK_FALSE(validator.complete());
    CHECK(validator.feed("\xA9"));
    CHECK(validator.complete());
}

TEST_CASE("wherever a text is cut and whatever is wrong in it, pieces are judged like the whole") {
    std::mt19937_64 random{7};
    const std::vector<std::string> characters{"a",
                                              "Z",
                                              "\xC3\xA9",
                                              "\xD0\x96",
                                              "\xE2\x82\xAC",
                                              "\xED\x9F\xBF",
                                              "\xE0\xA0\x80",
                                              "\xF0\x9F\x94\xA9",
                                              "\xF4\x8F\xBF\xBF",
                                              std::string(40, 'x')};
    for (int round = 0; round < 3'000; ++round) {
        std::string text;
        for (std::uint64_t n = random() % 20; n > 0; --n) text += characters[random() % characters.size()];
        const bool spoil = !text.empty() && random() % 2 == 0;
        if (spoil) text[random() % text.size()] = static_cast<char>(random());
        const std::size_t accepted = accepted_bytes(text);

        Utf8Validator validator;
        std::size_t at = 0;
        bool good = true;
        while (good && at < text.size()) {
            const std::size_t size = std::min<std::size_t>(1 + random() % 50, text.size() - at);
            good = validator.feed(std::string_view{text}.substr(at, size));
            REQUIRE(good == (accepted >= at + size));
            at += size;
        }
        REQUIRE(is_utf8(text) == (good && validator.complete()));
        if (!spoil) REQUIRE(is_utf8(text));
    }
}

TEST_CASE("a prefix ends between two characters") {
    const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xA9";  // one, two, three and four bytes
    const std::vector<std::size_t> prefixes{0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
    for (std::size_t size = 0; size <= text.size(); ++size) CHECK(utf8_prefix(text, size).size() == prefixes[size]);
    CHECK(utf8_prefix(text, 100) == text);
}
