// The reader under random conversations: cut anywhere, paused anywhere, spoilt anywhere, or no conversation at all.

#include <kingbolt/engine/frame_reader.hpp>
#include <kingbolt/engine/random.hpp>
#include <kingbolt/engine/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "frame_ear.hpp"
#include "support/catch.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using engine::FrameReader;
using engine::Random;
using engine::Violation;

namespace {

const engine::FrameRules rules{.max_message = 70'000, .compression = true};

std::string payload(Random& random, bool text, std::size_t most) {
    const std::vector<std::string> characters{"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x94\xA9"};
    std::string bytes;
    const std::size_t size = random.below(most + 1);
    while (bytes.size() < size) bytes += text ? characters[random.below(characters.size())] : std::string(1, static_cast<char>(random()));
    return std::string{text ? engine::utf8_prefix(bytes, most) : std::string_view{bytes}.substr(0, most)};
}

struct Conversation {
    std::string bytes{};
    std::vector<std::string> said{};  ///< as an Ear writes it down
};

void say_control(Random& random, Conversation& talk) {
    const bool ping = random.below(2) == 0;
    const std::string bytes = payload(random, false, 125);
    talk.bytes += WireFrame{.opcode = ping ? 0x9U : 0xAU, .payload = bytes}.encode();
    talk.said.push_back((ping ? "ping " : "pong ") + bytes);
}

/// In one frame or in several, which may cut characters, with control frames between them.
void say_message(Random& random, Conversation& talk) {
    const bool text = random.below(2) == 0;
    const bool compressed = random.below(4) == 0;
    const std::string whole = payload(random, text && !compressed, random.below(30) == 0 ? rules.max_message : 300);
    std::string rest = whole;
    for (bool first = true, last = false; !last; first = false) {
        last = random.below(2) == 0;
        const std::string piece = rest.substr(0, last ? rest.size() : random.below(rest.size() + 1));
        rest.erase(0, piece.size());
        talk.bytes +=
            WireFrame{.opcode = first ? (text ? 0x1U : 0x2U) : 0x0U, .payload = piece, .fin = last, .rsv = first && compressed ? 4U : 0U}
                .encode();
        if (!last && random.below(3) == 0) say_control(random, talk);
    }
    talk.said.push_back((text ? "text " : "binary ") + std::string{compressed ? "compressed " : ""} + whole);
}

Conversation conversation(Random& random) {
    Conversation talk;
    for (std::uint64_t n = random.below(30); n > 0; --n) random.below(4) == 0 ? say_control(random, talk) : say_message(random, talk);
    if (random.below(2) == 0) {
        talk.bytes += WireFrame{.opcode = 0x8,
                                .payload =
                                    "\x03\xE8"
                                    "bye"}
                          .encode() +
                      payload(random, false, 50);
        talk.said.emplace_back("close 1000 bye");
    }
    return talk;
}

/// Reads pieces of random lengths, each in memory of its own, with pauses at random events; what is left is given again with more.
Hearing hear_in_pieces(Random& random, const std::string& bytes) {
    FrameReader reader;
    Hearing hearing;
    Ear ear;
    std::string held;
    std::size_t arrived = 0;
    while (hearing.violation == nullptr && (arrived < bytes.size() || !held.empty())) {
        const std::size_t most = random.below(3) == 0 ? 20 : 3'000;
        const std::size_t size = std::min<std::size_t>(random.below(most), bytes.size() - arrived);
        held.append(bytes, arrived, size);
        arrived += size;
        held.shrink_to_fit();  // so that a sanitizer sees what reads behind the end
        ear.stop_after = ear.heard.size() + 1 + random.below(5);
        const auto result = reader.read(held, rules, ear);
        REQUIRE(result.consumed <= held.size());
        // Only the sink's stop leaves something behind.
        if (ear.heard.size() < ear.stop_after) REQUIRE(result.consumed == held.size());
        held.erase(0, result.consumed);
        hearing.violation = result.violation;
    }
    hearing.heard = ear.heard;
    return hearing;
}

}  // namespace

TEST_CASE("a valid conversation is heard as it was said, wherever it is cut and paused") {
    const auto seed = GENERATE(range(1, 9));
    Random random{static_cast<std::uint64_t>(seed)};
    for (int round = 0; round < 100; ++round) {
        const Conversation talk = conversation(random);
        const Hearing at_once = hear(talk.bytes, SIZE_MAX, rules);
        REQUIRE(at_once.violation == nullptr);
        REQUIRE((at_once.heard == talk.said));
        const Hearing in_pieces = hear_in_pieces(random, talk.bytes);
        REQUIRE(in_pieces.violation == nullptr);
        REQUIRE((in_pieces.heard == talk.said));
    }
}

TEST_CASE("a spoilt conversation is judged alike in pieces and at once") {
    const auto seed = GENERATE(range(1, 9));
    Random random{static_cast<std::uint64_t>(seed)};
    std::size_t violations = 0;
    for (int round = 0; round < 200; ++round) {
        Conversation talk = conversation(random);
        for (std::uint64_t n = 1 + random.below(3); n > 0 && !talk.bytes.empty(); --n) {
            char& byte = talk.bytes[random.below(talk.bytes.size())];
            byte = static_cast<char>(byte ^ static_cast<char>(1U << random.below(8)));
        }
        const Hearing at_once = hear(talk.bytes, SIZE_MAX, rules);
        const Hearing in_pieces = hear_in_pieces(random, talk.bytes);
        REQUIRE(in_pieces.violation == at_once.violation);
        REQUIRE((in_pieces.heard == at_once.heard));
        violations += at_once.violation != nullptr ? 1 : 0;
    }
    CHECK(violations > 20);
}

TEST_CASE("whatever bytes come, they are consumed or end in a violation") {
    const auto seed = GENERATE(range(1, 9));
    Random random{static_cast<std::uint64_t>(seed)};
    for (int round = 0; round < 500; ++round) {
        std::string bytes;
        for (std::uint64_t n = random.below(400); n > 0; --n) bytes += static_cast<char>(random());
        // Every other one begins like a frame, so that it gets past the first byte.
        if (!bytes.empty() && round % 2 == 0) bytes[0] = static_cast<char>(0x80U | (1 + random.below(2)));
        if (bytes.size() > 1 && round % 2 == 0) bytes[1] = static_cast<char>(0x80U | random.below(128));
        const Hearing at_once = hear(bytes, SIZE_MAX, rules);
        const Hearing in_pieces = hear_in_pieces(random, bytes);
        REQUIRE(in_pieces.violation == at_once.violation);
        REQUIRE((in_pieces.heard == at_once.heard));
    }
}
