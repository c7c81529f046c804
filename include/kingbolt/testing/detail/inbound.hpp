#pragma once
// What a client's bytes mean to the server: first one HTTP request, then frames. What the hub has not taken yet stays here.

#include <kingbolt/engine/frame_reader.hpp>
#include <kingbolt/engine/http_head.hpp>
#include <kingbolt/engine/upgrade.hpp>
#include <kingbolt/engine/violation.hpp>
#include <kingbolt/testing/detail/fifo.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::testing::detail {

class Inbound {
public:
    explicit Inbound(std::size_t max_message) noexcept : rules_{.max_message = max_message} {}

    void append(std::span<const std::byte> bytes) { bytes_.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }
    std::size_t size() const noexcept { return bytes_.size(); }
    /// Also of a message that is not whole yet.
    std::size_t held() const noexcept { return bytes_.size() + frames_.held(); }

    /// None until the request is there in full, or can be refused.
    std::optional<engine::UpgradeJudgement> take_request(const std::string& remote) {
        engine::HttpHead head;
        const auto [size, refusal] = head_.read({bytes_.view().data(), bytes_.size()}, head);
        if (refusal != nullptr) return engine::UpgradeJudgement{.kind = engine::UpgradeJudgement::Kind::refused, .refusal = refusal};
        if (size == 0) return std::nullopt;
        bytes_.pop(size);
        head.request.remote = remote;
        return engine::judge_upgrade(std::move(head));
    }

    /// Until the sink says stop. Returns what the client did wrong, or null.
    template <engine::FrameSink Sink>
    const engine::Violation* read_frames(Sink& sink) {
        const auto [consumed, violation] = frames_.read(bytes_.view(), rules_, sink);
        bytes_.pop(consumed);
        return violation;
    }

private:
    engine::FrameRules rules_;
    Fifo<char> bytes_;
    engine::HttpHeadReader head_;
    engine::FrameReader frames_;
};

}  // namespace kingbolt::testing::detail
