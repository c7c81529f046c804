#pragma once
// What a client's bytes mean to the server: first one HTTP request, then frames, put together to messages.

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/opcode.hpp>
#include <kingbolt/engine/utf8.hpp>
#include <kingbolt/testing/detail/fifo.hpp>
#include <kingbolt/testing/detail/frames.hpp>
#include <kingbolt/testing/detail/http_text.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::testing::detail {

/// The next thing that the connection has to act on.
struct Arrival {
    enum class Kind : std::uint8_t { nothing, upgrade, request, message, ping, pong, close, failure };

    Kind kind = Kind::nothing;
    Opcode opcode{};             ///< of a message
    std::string_view payload{};  ///< of a message, ping or pong; the reason of a close; why it is a failure. Valid until the next call.
    CloseCode code{};            ///< of a close; of a failure: what to tell the client
    Cause cause{};               ///< of a failure
    const UpgradeRequest* request = nullptr;  ///< of an upgrade or a request; valid until the next call
};

class Inbound {
public:
    explicit Inbound(std::size_t max_message) noexcept : max_message_{max_message} {}

    void append(std::span<const std::byte> bytes) { bytes_.append(bytes); }
    bool empty() const noexcept { return bytes_.empty(); }
    std::size_t size() const noexcept { return bytes_.size(); }
    /// The upgrade was accepted: frames from here on.
    void expect_frames() noexcept { framed_ = true; }

    Arrival next(const std::string& remote) {
        bytes_.pop(std::exchange(done_, 0));
        if (std::exchange(message_done_, false)) message_.clear();
        return framed_ ? next_frame() : next_request(remote);
    }

private:
    using Kind = Arrival::Kind;
    static constexpr std::size_t max_head = 8192;

    static Arrival fail(Cause cause, CloseCode code, std::string_view why) {
        return {.kind = Kind::failure, .payload = why, .code = code, .cause = cause};
    }
    static Arrival broken(std::string_view why) { return fail(Cause::protocol_error, CloseCode::protocol_error, why); }
    std::string_view text(std::size_t from, std::size_t size) const noexcept {
        return {reinterpret_cast<const char*>(bytes_.view().data()) + from, size};
    }

    Arrival next_request(const std::string& remote) {
        constexpr auto malformed = [](std::string_view why) { return fail(Cause::bad_handshake, CloseCode::abnormal, why); };
        const auto head = read_http_head(text(0, bytes_.size()));
        if (!head) return bytes_.size() > max_head ? malformed("the request's head is over 8 KiB") : Arrival{};
        auto request = request_of(*head, remote);
        if (!request) return malformed("not an HTTP/1.1 request");
        done_ = head->size;
        request_ = {std::move(*request), list_of(*head, "Sec-WebSocket-Protocol")};
        if (head->header("Upgrade") != "websocket") return {.kind = Kind::request, .request = &request_};
        if (head->header("Sec-WebSocket-Version") != "13") return malformed("not version 13 of the protocol");
        if (head->header("Sec-WebSocket-Key").empty()) return malformed("no Sec-WebSocket-Key");
        return {.kind = Kind::upgrade, .request = &request_};
    }

    Arrival next_frame() {
        const auto header = read_frame_header(bytes_.view());
        if (!header) return {};
        if (header->reserved != 0) return broken("reserved bits set without a negotiated extension");
        if (!is_known(header->opcode)) return broken("unknown opcode");
        if (!header->masked) return broken("a client's frame was not masked");
        if (!header->shortest) return broken("a length not in its shortest form");
        const bool control = is_control(header->opcode);
        if (control && (!header->final || header->payload_size > 125)) return broken("a control frame was fragmented or over 125 bytes");
        if (!control && (header->opcode == Opcode::continuation) != in_message_) {
            return broken(in_message_ ? "a new message inside a fragmented one" : "a continuation of nothing");
        }
        if (!control && message_.size() + header->payload_size > max_message_) {
            return fail(Cause::message_too_big, CloseCode::message_too_big, "a message over the limit");
        }
        if (bytes_.size() - header->size < header->payload_size) return {};

        const auto payload_size = static_cast<std::size_t>(header->payload_size);
        const auto payload = bytes_.view().subspan(header->size, payload_size);
        for (std::size_t i = 0; i < payload_size; ++i) payload[i] ^= header->key[i % 4];
        done_ = header->size + payload_size;
        return control ? control_frame(header->opcode, text(header->size, payload_size))
                       : data_frame(*header, text(header->size, payload_size));
    }

    Arrival data_frame(const FrameHeader& header, std::string_view payload) {
        if (header.opcode != Opcode::continuation) opcode_ = header.opcode;
        in_message_ = !header.final;
        if (!header.final || header.opcode == Opcode::continuation) {
            message_ += payload;
            if (!header.final) return next({});
            payload = message_;
            message_done_ = true;
        }
        if (opcode_ == Opcode::text && !engine::is_utf8(payload))
            return fail(Cause::invalid_utf8, CloseCode::invalid_payload, "a text that is not UTF-8");
        return {.kind = Kind::message, .opcode = opcode_, .payload = payload};
    }

    static Arrival control_frame(Opcode opcode, std::string_view payload) {
        if (opcode == Opcode::ping) return {.kind = Kind::ping, .payload = payload};
        if (opcode == Opcode::pong) return {.kind = Kind::pong, .payload = payload};
        if (payload.empty()) return {.kind = Kind::close, .code = CloseCode::no_status};
        if (payload.size() == 1) return broken("half a close code");
        const auto byte = [payload](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(payload[i])); };
        const auto code = static_cast<CloseCode>((byte(0) << 8U) | byte(1));
        if (!is_sendable(code)) return broken("a close code that nobody may send");
        if (!engine::is_utf8(payload.substr(2)))
            return fail(Cause::invalid_utf8, CloseCode::invalid_payload, "a close reason that is not UTF-8");
        return {.kind = Kind::close, .payload = payload.substr(2), .code = code};
    }

    std::size_t max_message_;
    Fifo<std::byte> bytes_;
    std::size_t done_ = 0;  ///< bytes of the last arrival, which its payload may still point to
    std::string message_;   ///< the fragments so far
    UpgradeRequest request_;
    Opcode opcode_{};
    bool in_message_ = false, message_done_ = false, framed_ = false;
};

}  // namespace kingbolt::testing::detail
