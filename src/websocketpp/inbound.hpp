#pragma once
// The buffers in which websocketpp assembles messages, bounded.

#include <websocketpp/frame.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

namespace kingbolt::transport::detail {

/// Thrown through websocketpp when a message outgrows its limit.
struct MessageTooBig : std::length_error {
    MessageTooBig() : std::length_error{"a message larger than the limit"} {}
};

class MessageFactory;

/// One message, as websocketpp's processors fill and read it.
///
/// websocketpp adds the length of a continuation frame to what it holds before it compares with the limit, and for a length near
/// 2^64 that sum wraps round: what follows would be stored without end. Hence the second look in `get_raw_payload`, which is
/// called before each piece is appended.
class InboundMessage {
public:
    using ptr = std::shared_ptr<InboundMessage>;
    using Opcode = websocketpp::frame::opcode::value;

    explicit InboundMessage(MessageFactory& factory, Opcode opcode, std::size_t size) : factory_{factory}, opcode_{opcode} {
        payload_.reserve(size);
    }

    MessageFactory& factory() noexcept { return factory_; }

    std::string& get_raw_payload();
    const std::string& get_payload() const noexcept { return payload_; }
    const std::string& get_header() const noexcept { return header_; }
    void set_header(const std::string& header) { header_ = header; }
    Opcode get_opcode() const noexcept { return opcode_; }
    void set_opcode(Opcode opcode) noexcept { opcode_ = opcode; }
    bool get_prepared() const noexcept { return prepared_; }
    void set_prepared(bool prepared) noexcept { prepared_ = prepared; }
    bool get_terminal() const noexcept { return terminal_; }
    void set_terminal(bool terminal) noexcept { terminal_ = terminal; }
    // Without extensions nothing is compressed.
    bool get_compressed() const noexcept { return false; }
    void set_compressed(bool) noexcept {}
    bool get_fin() const noexcept { return true; }
    // For draft 00, which is compiled and refused.
    void set_payload(const std::string& bytes) { payload_ = bytes; }
    void append_payload(const std::string& bytes) { payload_ += bytes; }
    void append_payload(const void* bytes, std::size_t size) { payload_.append(static_cast<const char*>(bytes), size); }

private:
    MessageFactory& factory_;
    std::string payload_, header_;
    Opcode opcode_;
    bool prepared_ = false;
    bool terminal_ = false;
};

/// Each websocketpp connection makes one for itself, without arguments; `InboundMessage::factory` leads to it.
class MessageFactory {
public:
    using ptr = std::shared_ptr<MessageFactory>;

    std::size_t limit = std::numeric_limits<std::size_t>::max();

    InboundMessage::ptr get_message() { return get_message(websocketpp::frame::opcode::continuation, 0); }
    InboundMessage::ptr get_message(InboundMessage::Opcode opcode, std::size_t size) {
        return std::make_shared<InboundMessage>(*this, opcode, size);
    }
};

inline std::string& InboundMessage::get_raw_payload() {
    if (payload_.size() > factory_.limit) throw MessageTooBig{};
    return payload_;
}

}  // namespace kingbolt::transport::detail
