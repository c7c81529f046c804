#pragma once
// What an application sends and receives: a whole message and whether it is text. Nothing here owns bytes.

#include <kingbolt/core/opcode.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kingbolt {

/// A view of one message. In a callback it is valid until the callback returns; as an argument, for the length of the call.
class Message {
public:
    /// Text must be UTF-8 (RFC 6455 §5.6); kingbolt checks what it receives, and trusts what the application sends.
    template <class Text>
        requires std::convertible_to<const Text&, std::string_view>
    constexpr Message(const Text& text) noexcept : Message{Opcode::text, static_cast<std::string_view>(text)} {}
    /// Binary.
    Message(std::span<const std::byte> bytes) noexcept
        : Message{Opcode::binary, std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()}} {}
    /// Text or binary; `bytes` of text are UTF-8.
    constexpr Message(Opcode opcode, std::string_view bytes) noexcept
        : data_{bytes.data()}, size_and_opcode_{(std::uint64_t{bytes.size()} << opcode_bits) | static_cast<std::uint64_t>(opcode)} {}

    constexpr Opcode opcode() const noexcept { return static_cast<Opcode>(size_and_opcode_ & ((1U << opcode_bits) - 1)); }
    /// Otherwise it is binary.
    constexpr bool is_text() const noexcept { return opcode() == Opcode::text; }
    constexpr std::size_t size() const noexcept { return static_cast<std::size_t>(size_and_opcode_ >> opcode_bits); }
    /// The payload as characters, whatever the opcode.
    constexpr std::string_view text() const noexcept { return {data_, size()}; }
    std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span{text()}); }

private:
    // Two words travel in registers. A third would send all three through memory at each call, from the transport to the application and
    // back, written in other pieces than they are read in, for which a processor waits.
    static constexpr unsigned opcode_bits = 4;  // RFC 6455 §5.2

    const char* data_;
    std::uint64_t size_and_opcode_;
};

static_assert(sizeof(Message) == 16);

}  // namespace kingbolt
