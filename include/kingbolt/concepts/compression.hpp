#pragma once
// How a native transport compresses messages (RFC 7692). One object serves all connections of one loop.

#include <kingbolt/core/frame.hpp>
#include <kingbolt/core/http.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt {

/// What became of a compressed message.
enum class Inflated : std::uint8_t {
    ok,
    corrupt,  ///< no such message was ever compressed, or not all of it is there: fail the connection with 1007
    too_big,  ///< larger than allowed; was given up as soon as that was seen: 1009
};

/// Worked model: NoCompression in policy/permessage_deflate.hpp; with zlib, Zlib in compression/zlib.hpp. `State` is one per
/// connection, made with it.
///   accept    the first acceptable of the client's offers; returns the value of Sec-WebSocket-Extensions in the 101, none to
///             negotiate nothing. Called at most once, before any other
///   active    an offer was accepted: messages may be compressed, in both directions. Otherwise `inflate` is not called
///   inflate   replaces `out` by the message whose compressed payload, its fragments together, is `payload`; it never holds more than
///             `max_size` bytes. Where the result is not `ok`, `out` means nothing and the connection has to end
///   deflated  what goes on the wire in place of `frame`, which may be a bundle: the same messages compressed, or the frame itself. Where
///             many connections send one frame, it is compressed once. Called in the order of the wire; what is returned must be
///             sent, for the next message may refer to it. Throws std::bad_alloc: then the connection has to end
template <class C>
concept Compression = requires(C& compression, const C& constant, typename C::State& state, const typename C::State& negotiated,
                               std::span<const ExtensionOffer> offers, std::string_view payload, std::string& out, std::size_t max_size,
                               const Frame& frame) {
    { constant.accept(state, offers) } -> std::same_as<std::optional<std::string>>;
    { constant.active(negotiated) } -> std::same_as<bool>;
    { compression.inflate(state, payload, out, max_size) } -> std::same_as<Inflated>;
    { compression.deflated(state, frame) } -> std::convertible_to<Frame>;
};

}  // namespace kingbolt
