#pragma once
// What a client makes of the server's bytes: one HTTP response, then frames, each checked against RFC 6455 as it comes.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/opcode.hpp>
#include <kingbolt/engine/frame_header.hpp>
#include <kingbolt/engine/response_head.hpp>
#include <kingbolt/engine/utf8.hpp>
#include <kingbolt/testing/detail/fifo.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::testing::detail {

class ServerOutput {
public:
    struct ServerFrame {
        Opcode opcode{};
        std::string_view payload{};  ///< valid until the next call
    };

    void append(std::span<const std::byte> bytes) { bytes_.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }
    /// Between two frames, or between the response and the first.
    bool at_border() const noexcept { return bytes_.size() == done_; }

    /// The response to the client's request, once, when it is there in full.
    std::optional<HttpResponse> take_response() {
        const std::string_view text{bytes_.view().data(), bytes_.size()};
        const auto head = engine::read_response_head(text);
        if (!head) return std::nullopt;
        HttpResponse response{.status = head->status, .content_type = std::string{head->header("Content-Type")}, .headers = head->headers};
        std::size_t body = 0;
        const auto length = head->header("Content-Length");
        std::from_chars(length.data(), length.data() + length.size(), body);
        if (text.size() - head->size < body) return std::nullopt;
        response.body = text.substr(head->size, body);
        bytes_.pop(head->size + body);
        return response;
    }

    /// The next whole frame. Every deviation is written down in `violations`; after one that leaves no border, nothing follows.
    std::optional<ServerFrame> next(std::vector<std::string>& violations) {
        bytes_.pop(std::exchange(done_, 0));
        if (lost_) return std::nullopt;
        engine::FrameHeader header;
        if (!engine::read_frame_header(bytes_.view(), header) || bytes_.size() - header.size < header.payload_size) return std::nullopt;
        const auto size = static_cast<std::size_t>(header.payload_size);
        const std::string_view payload{bytes_.view().data() + header.size, size};
        done_ = header.size + size;
        check(header, payload, violations);
        return lost_ ? std::nullopt : std::optional{ServerFrame{header.opcode, payload}};
    }

private:
    void check(const engine::FrameHeader& header, std::string_view payload, std::vector<std::string>& violations) {
        const auto unless = [&violations](bool right, const char* wrong) {
            if (!right) violations.emplace_back(wrong);
            return right;
        };
        if (!unless(engine::is_known(header.opcode), "unknown opcode") || !unless(!header.masked, "a server's frame was masked"))
            lost_ = true;
        unless(header.reserved == 0, "reserved bits set without a negotiated extension");
        unless(header.shortest, "a length not in its shortest form");
        unless(header.final && header.opcode != Opcode::continuation, "a fragment");
        unless(!is_control(header.opcode) || header.payload_size <= 125, "a control frame over 125 bytes");
        unless(header.opcode != Opcode::text || engine::is_utf8(payload), "a text that is not UTF-8");
        unless(!closed_, "a frame after the Close frame");
        closed_ = closed_ || header.opcode == Opcode::close;
    }

    Fifo<char> bytes_;
    std::size_t done_ = 0;
    bool lost_ = false, closed_ = false;
};

}  // namespace kingbolt::testing::detail
