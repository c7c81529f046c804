// The input's first byte chooses the rules, the others are what a client sends. However they are cut and wherever the sink pauses, the same
// is told, and nothing is told that breaks the protocol.

#include <kingbolt/engine/frame_reader.hpp>
#include <kingbolt/engine/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "engine/frame_ear.hpp"

using namespace kingbolt;
using namespace kingbolt::fuzz;
using engine::FrameReader;
using engine::FrameRules;
using test::Ear;
using test::Hearing;

namespace {

struct CheckingEar : Ear {
    const FrameRules& rules;

    bool on_message(Opcode opcode, std::string_view payload, bool compressed) {
        check(opcode == Opcode::text || opcode == Opcode::binary, "a message is text or binary");
        check(!compressed || rules.compression, "without negotiation nothing is compressed");
        check(payload.size() <= rules.most(compressed), "a message keeps to its limit");
        check(opcode == Opcode::binary || compressed || engine::is_utf8(payload), "text is UTF-8");
        return Ear::on_message(opcode, payload, compressed);
    }
    bool on_ping(std::string_view payload) { return check_control(payload), Ear::on_ping(payload); }
    bool on_pong(std::string_view payload) { return check_control(payload), Ear::on_pong(payload); }
    bool on_close(CloseCode code, std::string_view reason) {
        check(code == CloseCode::no_status ? reason.empty() : is_sendable(code), "a Close has a code that may be sent");
        check(engine::is_utf8(reason) && reason.size() <= 123, "a reason is UTF-8");
        return Ear::on_close(code, reason);
    }

private:
    static void check_control(std::string_view payload) { check(payload.size() <= 125, "a control frame is small"); }
};

/// In pieces of at most `most` bytes, each in memory of its own, the sink pausing after at most `pause` events.
Hearing hear(std::string_view bytes, const FrameRules& rules, std::size_t most, std::size_t pause, engine::Random& random) {
    FrameReader reader;
    CheckingEar ear{{}, rules};
    Hearing hearing;
    std::vector<char> held;
    while (hearing.violation == nullptr && !(bytes.empty() && held.empty())) {
        const std::string_view piece = bytes.substr(0, bytes.empty() ? 0 : 1 + random.below(most));
        bytes.remove_prefix(piece.size());
        held.insert(held.end(), piece.begin(), piece.end());
        held.shrink_to_fit();
        ear.stop_after = ear.heard.size() + 1 + random.below(pause);
        const auto result = reader.read(held, rules, ear);
        check(result.consumed <= held.size(), "no more is consumed than there is");
        check(result.consumed == held.size() || ear.heard.size() == ear.stop_after, "only a pause leaves something");
        check(result.violation == nullptr || reader.over(), "after a violation all is over");
        held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(result.consumed));
        hearing.violation = result.violation;
    }
    hearing.heard = std::move(ear.heard);
    return hearing;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::size_t limits[] = {0, 10, 300, 1'000'000};
    const FrameRules rules{.max_message = limits[(data[0] >> 1U) % 4], .compression = (data[0] & 1U) != 0};
    const std::string_view input = text_of(data + 1, size - 1);
    auto random = random_of(input);
    const Hearing at_once = hear(input, rules, SIZE_MAX - 1, SIZE_MAX / 2, random);
    for (const std::size_t most : {1U, 30U}) {
        const Hearing in_pieces = hear(input, rules, most, 3, random);
        check(in_pieces.violation == at_once.violation, "what is a violation does not depend on where it is cut");
        check(in_pieces.heard == at_once.heard, "what is told does not depend on where it is cut");
    }
    return 0;
}
