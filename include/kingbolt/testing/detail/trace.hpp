#pragma once
// The proof that one seed gives one run: a hash over every step, and the steps as text for whoever looks for the first difference.

#include <kingbolt/core/time.hpp>
#include <kingbolt/testing/detail/step.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace kingbolt::testing::detail {

class Trace {
public:
    explicit Trace(bool keeps_text) noexcept : keeps_text_{keeps_text} {}

    /// `since_start`, what happened, to which peer (0: to none), and a number that belongs to it.
    void note(Duration since_start, Step step, std::uint32_t peer, std::uint64_t value) {
        mix(static_cast<std::uint64_t>(since_start.count()));
        mix((std::uint64_t{peer} << 8U) | static_cast<std::uint64_t>(step));
        mix(value);
        if (keeps_text_) write_line(since_start, step, peer, value);
    }

    /// Bytes that went over the wire; they count in the hash only.
    void note(std::span<const std::byte> bytes) noexcept {
        while (!bytes.empty()) {
            std::uint64_t word = 0;
            const std::size_t n = bytes.size() < sizeof word ? bytes.size() : sizeof word;
            std::memcpy(&word, bytes.data(), n);
            mix(word);
            bytes = bytes.subspan(n);
        }
    }

    std::uint64_t hash() const noexcept { return hash_; }
    /// One line a step: seconds, peer, step, number. Empty unless the Simulation records it.
    const std::string& text() const noexcept { return text_; }

private:
    // FNV-1a's prime and offset, a word at a time, with a shift so that the high bits come down again.
    void mix(std::uint64_t word) noexcept {
        hash_ = (hash_ ^ word) * 0x0000'0100'0000'01B3;
        hash_ ^= hash_ >> 32U;
    }

    void write_line(Duration since_start, Step step, std::uint32_t peer, std::uint64_t value) {
        const auto micros = std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(since_start).count() % 1'000'000);
        text_ += std::to_string(std::chrono::duration_cast<std::chrono::seconds>(since_start).count());
        text_ += '.';
        text_.append(6 - micros.size(), '0') += micros;
        text_ += " peer ";
        text_ += std::to_string(peer);
        text_ += ' ';
        text_ += to_string(step);
        text_ += ' ';
        text_ += std::to_string(value);
        text_ += '\n';
    }

    std::uint64_t hash_ = 0xCBF2'9CE4'8422'2325;
    std::string text_;
    bool keeps_text_;
};

}  // namespace kingbolt::testing::detail
