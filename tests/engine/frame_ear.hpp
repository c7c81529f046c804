#pragma once
// A sink that writes down what a FrameReader tells it.

#include <kingbolt/engine/frame_reader.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/wire_frame.hpp"

namespace kingbolt::test {

struct Ear {
    std::vector<std::string> heard{};
    std::size_t stop_after = SIZE_MAX;  ///< so many events

    bool on_message(Opcode opcode, std::string_view payload, bool compressed) {
        return hear((opcode == Opcode::text ? "text " : "binary ") + std::string{compressed ? "compressed " : ""}, payload);
    }
    bool on_ping(std::string_view payload) { return hear("ping ", payload); }
    bool on_pong(std::string_view payload) { return hear("pong ", payload); }
    bool on_close(CloseCode code, std::string_view reason) {
        return hear("close " + std::to_string(static_cast<unsigned>(code)) + " ", reason);
    }

private:
    bool hear(std::string what, std::string_view payload) {
        heard.push_back(std::move(what.append(payload)));
        return heard.size() < stop_after;
    }
};

/// What a reader makes of bytes that come in pieces of at most `step`.
struct Hearing {
    std::vector<std::string> heard{};
    const engine::Violation* violation = nullptr;
};

inline Hearing hear(std::string bytes, std::size_t step, const engine::FrameRules& rules = {}) {
    engine::FrameReader reader;
    Ear ear;
    Hearing hearing;
    std::span<char> rest{bytes};
    while (!rest.empty() && hearing.violation == nullptr) {
        const auto result = reader.read(rest.first(std::min(step, rest.size())), rules, ear);
        rest = rest.subspan(result.consumed);
        hearing.violation = result.violation;
    }
    hearing.heard = ear.heard;
    return hearing;
}

}  // namespace kingbolt::test
