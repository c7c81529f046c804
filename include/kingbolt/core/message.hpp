#pragma once
// What an application sends and receives: a whole message and whether it is text. Nothing here owns bytes.

#include <kingbolt/core/opcode.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

namespace kingbolt {

/// A view of one message. In a callback it is valid until the callback returns; as an argument, for the length of the call.
class Message {
public:
    /// Text must be UTF-8 (RFC 6455 §5.6); kingbolt checks what it receives, and trusts what the application sends.
    template <class Text>
        requires std::convertible_to<const Text&, std::string_view>
    constexpr Message(const Text& text) noexcept : bytes_{static_cast<std::string_view>(text)}, opcode_{Opcode::text} {}
    /// Binary.
    Message(std::span<const std::byte> bytes) noexcept
        : bytes_{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, opcode_{Opcode::binary} {}
    /// Text or binary; `bytes` of text are UTF-8.
    constexpr Message(Opcode opcode, std::string_view bytes) noexcept : bytes_{bytes}, opcode_{opcode} {}

    constexpr Opcode opcode() const noexcept { return opcode_; }
    /// Otherwise it is binary.
    constexpr bool is_text() const noexcept { return opcode_ == Opcode::text; }
    constexpr std::size_t size() const noexcept { return bytes_.size(); }
    /// The payload as characters, whatever the opcode.
    constexpr std::string_view text() const noexcept { return bytes_; }
    std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span{bytes_}); }

private:
    std::string_view bytes_;
    Opcode opcode_;
};

}  // namespace kingbolt
