#include <kingbolt/engine/mask.hpp>

#include <cstddef>
#include <span>
#include <string>

#include "support/catch.hpp"

using namespace kingbolt::engine;

namespace {

constexpr MaskKey mask{'\x12', '\x34', '\xF6', '\x78'};

std::string bytes_of(std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7);
    return bytes;
}

std::string masked_one_by_one(std::string bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ mask[i % 4]);
    return bytes;
}

}  // namespace

TEST_CASE("the masked frame of RFC 6455 §5.7 says Hello") {
    std::string payload = "\x7f\x9f\x4d\x51\x58";
    apply_mask(payload, {'\x37', '\xfa', '\x21', '\x3d'});
    CHECK(payload == "Hello");
}

TEST_CASE("bytes are masked alike at every address and in every length") {
    for (std::size_t offset = 0; offset < 9; ++offset) {
        for (std::size_t size = 0; size < 140; ++size) {
            std::string memory(offset + size + 1, 'g');
            memory.replace(offset, size, bytes_of(size));
            apply_mask(std::span{memory}.subspan(offset, size), mask);
            REQUIRE(memory == std::string(offset, 'g') + masked_one_by_one(bytes_of(size)) + 'g');
        }
    }
}

TEST_CASE("a payload may be masked in pieces") {
    const std::string expected = masked_one_by_one(bytes_of(100));
    for (std::size_t first = 0; first <= 100; ++first) {
        for (std::size_t second = 0; first + second <= 100; ++second) {
            std::string bytes = bytes_of(100);
            const std::span<char> all{bytes};
            apply_mask(all.first(first), mask);
            const MaskKey then = key_after(first, mask);
            apply_mask(all.subspan(first, second), then);
            apply_mask(all.subspan(first + second), key_after(second, then));
            REQUIRE(bytes == expected);
        }
    }
}

TEST_CASE("unmasking tells whether the bytes are ASCII, wherever one is not") {
    for (std::size_t size = 0; size < 70; ++size) {
        std::string ascii = masked_one_by_one(std::string(size, '\x7F'));
        CHECK(apply_mask(ascii, mask));
        for (std::size_t at = 0; at < size; ++at) {
            std::string bytes(size, 'a');
            bytes[at] = '\x80';
            bytes = masked_one_by_one(bytes);
            REQUIRE_FALSE(apply_mask(bytes, mask));
        }
    }
}
