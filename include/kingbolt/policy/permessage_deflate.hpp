#pragma once
// Whether messages are compressed, how well, and how much memory a connection may have for it: options for RFC 7692.

#include <kingbolt/concepts/compression.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt {

/// Declines every offer. Costs nothing: no byte in a connection, no copy of a frame.
struct NoCompression {
    struct State {};
    static constexpr std::optional<std::string> accept(State&, std::span<const ExtensionOffer>) noexcept { return std::nullopt; }
    static constexpr bool active(const State&) noexcept { return false; }
    static constexpr Inflated inflate(State&, std::string_view, std::string&, std::size_t) noexcept { return Inflated::corrupt; }
    static constexpr const Frame& deflated(State&, const Frame& frame) noexcept { return frame; }
};

static_assert(Compression<NoCompression>);

/// As it stands, no connection owns memory for compression, and a message to many is compressed once.
///
/// Context takeover lets a message refer to those before it, which makes small messages that resemble each other much smaller. From the
/// client it costs its connection one inflater: 2^client_max_window_bits bytes and 7 KiB. Towards the client it costs a
/// deflater, 2^(server_max_window_bits + 2) + 2^(memory_level + 9) bytes and a few KiB (zlib's zconf.h), and each subscriber's copy of a
/// message is compressed anew.
struct PermessageDeflate {
    int level = 6;                         ///< 1 is fastest, 9 smallest; 6 is zlib's default
    std::size_t min_size = 64;             ///< bytes of a payload below which it is sent as it is; 1 byte to 1 GiB
    bool server_context_takeover = false;  ///< where the client agrees
    bool client_context_takeover = false;  ///< where the client agrees
    /// The window of a deflater, as an exponent of 2: 9 to 15. A client may ask for less; without context takeover it then gets what
    /// is larger than its window uncompressed. Not 8: zlib cannot deflate with it, so who asks for that gets no context takeover.
    int server_max_window_bits = 15;
    /// The window that a client may use, where it lets itself be told: 9 to 15. Not 8: many a client deflates with zlib. One
    /// that cannot be told gets no context takeover, so that this bounds what a connection owns.
    int client_max_window_bits = 15;
    int memory_level = 8;  ///< of a deflater, 1 to 9; 8 is zlib's default
    /// How many times as large as on the wire a client's message may be; 1 to 2,000. DEFLATE makes it 1,032 at most, real messages 20 or
    /// so; up to 64 KiB nobody asks.
    std::size_t max_ratio = 200;
    static constexpr std::size_t small = 64_KiB;  ///< a message up to this size may have any ratio

    /// Throws InvalidOption.
    void validate() const {
        check("level", level, 1, 9, "1 to 9", "use NoCompression for none");
        check("server_max_window_bits", server_max_window_bits, 9, 15, "9 to 15", "use 15, or less where clients have little memory");
        check("client_max_window_bits", client_max_window_bits, 9, 15, "9 to 15",
              "use 15, or less where the server has little memory for many connections");
        check("memory_level", memory_level, 1, 9, "1 to 9", "8 suits most messages");
        check("max_ratio", max_ratio, std::size_t{1}, std::size_t{2'000}, "1 to 2,000", "use 2,000 for no limit but the message's");
        check("min_size", min_size, std::size_t{1}, std::size_t{1_GiB}, "1 byte to 1 GiB", "below 64 bytes next to nothing is saved");
    }

private:
    template <class T>
    static void check(const char* option, T value, T lowest, T highest, const char* range, const char* cure) {
        if (value < lowest || value > highest)
            throw InvalidOption{std::string{"PermessageDeflate."} + option, std::to_string(value), range, cure};
    }
};

}  // namespace kingbolt
