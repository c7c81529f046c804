#include <kingbolt/engine/base64url.hpp>

#include <string>
#include <string_view>

#include "tokens.hpp"

using kingbolt::engine::base64url_decoded;
using kingbolt::test::base64url;

TEST_CASE("every string of up to five bytes' length comes back from its encoding") {
    for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xFF\xFE\xFD\xFC\xFB"}) CHECK(base64url_decoded(base64url(text)) == text);
}

TEST_CASE("the alphabet is that of URLs: - and _, not + and /") {
    CHECK(base64url_decoded("-_-_") == "\xFB\xFF\xBF");
    CHECK_FALSE(base64url_decoded("+/+/"));
}

TEST_CASE("padding, blanks, line ends and other characters are refused wherever they stand") {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool ours = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        for (std::size_t at = 0; at < 4; ++at) {
            std::string text = "AAAA";
            text[at] = c;
            CHECK(base64url_decoded(text).has_value() == ours);
        }
    }
    CHECK_FALSE(base64url_decoded("YQ=="));
    CHECK_FALSE(base64url_decoded("YWI="));
}

TEST_CASE("of the encodings that would give the same bytes only one is taken") {
    const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int one = 0, two = 0;
    for (const char last : alphabet) {
        one += base64url_decoded(std::string{"A"} + last) ? 1 : 0;
        two += base64url_decoded(std::string{"AA"} + last) ? 1 : 0;
    }
    CHECK(one == 4);   // 2 of 6 bits belong to the byte
    CHECK(two == 16);  // 4 of 6
}

TEST_CASE("a single character more than whole groups encodes nothing") {
    CHECK_FALSE(base64url_decoded("A"));
    CHECK_FALSE(base64url_decoded("AAAAA"));
}
