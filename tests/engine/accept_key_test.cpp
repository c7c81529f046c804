#include <kingbolt/engine/accept_key.hpp>
#include <kingbolt/engine/base64.hpp>
#include <kingbolt/engine/sha1.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "support/accept_key.hpp"
#include "support/catch.hpp"

using namespace kingbolt::engine;

namespace {

std::string hex(const Sha1::Digest& digest) {
    std::string text;
    for (const unsigned char byte : digest) {
        constexpr std::string_view digits = "0123456789abcdef";
        text.append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
    }
    return text;
}

std::string base64_of(std::string_view text) { return base64({reinterpret_cast<const unsigned char*>(text.data()), text.size()}); }

}  // namespace

static_assert(Sha1::of("abc")[0] == 0xA9);

TEST_CASE("SHA-1 gives the digests of its standard's examples") {
    CHECK(hex(Sha1::of("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(hex(Sha1::of("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex(Sha1::of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(hex(Sha1::of(std::string(1'000'000, 'a'))) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("SHA-1 ends alike at every length of the last block") {
    for (std::size_t size = 0; size < 200; ++size) {
        const std::string text(size, static_cast<char>('a' + size % 26));
        const auto digest = Sha1::of(text);
        REQUIRE(std::string(digest.begin(), digest.end()) == kingbolt::test::sha1(text));
    }
}

TEST_CASE("base64 gives the examples of RFC 4648 §10") {
    CHECK(base64_of("") == "");
    CHECK(base64_of("f") == "Zg==");
    CHECK(base64_of("fo") == "Zm8=");
    CHECK(base64_of("foo") == "Zm9v");
    CHECK(base64_of("foob") == "Zm9vYg==");
    CHECK(base64_of("fooba") == "Zm9vYmE=");
    CHECK(base64_of("foobar") == "Zm9vYmFy");
    CHECK(base64_of("\xFB\xEF\xFF") == "++//");
}

TEST_CASE("base64 of so many bytes is recognized by its length, its letters and its padding") {
    for (std::size_t size = 0; size < 20; ++size) {
        const std::string text = base64_of(std::string(size, '\xA7'));
        for (std::size_t other = 0; other < 20; ++other) CHECK(is_base64_of(text, other) == (size == other));
    }
    CHECK(is_base64_of("dGhlIHNhbXBsZSBub25jZQ==", 16));
    CHECK(is_base64_of("dGhlIHNhbXBsZSBub25jZR==", 16));  // bits left over
    CHECK_FALSE(is_base64_of("dGhlIHNhbXBsZSBub25jZQ=", 16));
    CHECK_FALSE(is_base64_of("dGhlIHNhbXBsZSBub25jZQ", 16));
    CHECK_FALSE(is_base64_of("dGhlIHNhbXBsZSBub25jZ===", 16));
    CHECK_FALSE(is_base64_of("dGhlIHNhbXBsZSBub25jZQA=", 16));
    CHECK_FALSE(is_base64_of("dGhlIHNhbXBs-SBub25jZQ==", 16));
    CHECK_FALSE(is_base64_of("dGhlIHNhb=BsZSBub25jZQ==", 16));
}

TEST_CASE("the key of RFC 6455 §1.3 is accepted with the value given there") {
    CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
