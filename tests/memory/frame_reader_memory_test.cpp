// What a connection that reads costs: nothing between messages, and never much more than its peer has sent.

#include <kingbolt/engine/frame_reader.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "memory/allocations.hpp"
#include "support/catch.hpp"
#include "support/wire_frame.hpp"

using namespace kingbolt;
using engine::FrameReader;
using test::Measure;
using test::WireFrame;

namespace {

struct Deaf {
    bool on_message(Opcode, std::string_view, bool) { return true; }
    bool on_ping(std::string_view) { return true; }
    bool on_pong(std::string_view) { return true; }
    bool on_close(CloseCode, std::string_view) { return true; }
};

/// Reads in pieces; returns the most that was held, beyond `arrived` times two, at any time.
std::size_t most_held_beyond_twice(FrameReader& reader, std::string bytes, std::size_t step) {
    Deaf sink;
    std::size_t most = 0;
    const Measure measure;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        reader.read(std::span{bytes}.subspan(at, std::min(step, bytes.size() - at)), {}, sink);
        if (measure.held() > 2 * (at + step)) most = std::max(most, measure.held() - 2 * (at + step));
    }
    return most;
}

}  // namespace

TEST_CASE("frames that are whole in what was read cost no allocation") {
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += WireFrame{.payload = std::string(500, 'x')}.encode() + WireFrame{.opcode = 0x9}.encode();
    FrameReader reader;
    Deaf sink;
    const Measure measure;
    reader.read(bytes, {}, sink);
    CHECK(measure.count() == 0);
}

TEST_CASE("between messages a reader holds no memory, and neither does half a header") {
    FrameReader reader;
    const Measure measure;
    {
        const std::string bytes = WireFrame{.payload = std::string(5'000, 'x'), .fin = false}.encode() +
                                  WireFrame{.opcode = 0x9, .payload = std::string(100, 'p')}.encode() +
                                  WireFrame{.opcode = 0x0, .payload = std::string(5'000, 'x')}.encode();
        most_held_beyond_twice(reader, bytes, 9);
        most_held_beyond_twice(reader, WireFrame{.payload = std::string(500, 'x')}.encode().substr(0, 7), 1);
    }
    CHECK(measure.held() == 0);
}

TEST_CASE("a message takes at most twice what has arrived of it, and no more than 4 KiB at its beginning") {
    const std::size_t step = GENERATE(1U, 1'000U, 16'384U);
    FrameReader reader;
    constexpr std::size_t vector_itself = 64;
    CHECK(most_held_beyond_twice(reader, WireFrame{.payload = std::string(300'000, 'x')}.encode(), step) <= 4096 + vector_itself);
}

TEST_CASE("fragments cost an allocation each time they have doubled, and no more than twice what has arrived, however small they are") {
    const std::size_t size = GENERATE(1U, 100U, 4'096U);
    std::string bytes = WireFrame{.payload = std::string(size, 'x'), .fin = false}.encode();
    for (int i = 1; i < 1'000; ++i) bytes += WireFrame{.opcode = 0x0, .payload = std::string(size, 'x'), .fin = false}.encode();
    constexpr std::size_t vector_itself = 64;
    FrameReader held;
    CHECK(most_held_beyond_twice(held, bytes, 4'096) <= 4'096 + vector_itself);
    FrameReader reader;
    Deaf sink;
    const Measure measure;
    reader.read(bytes, {.max_message = 8'000'000}, sink);
    CHECK(measure.count() <= 15);
}

TEST_CASE("a promised megabyte is not taken in advance") {
    const std::string bytes = WireFrame{.payload = std::string(1'000'000, 'x')}.encode().substr(0, 15);
    FrameReader reader;
    Deaf sink;
    std::string read = bytes;
    const Measure measure;
    reader.read(read, {}, sink);
    CHECK(measure.held() <= 4'200);
}
