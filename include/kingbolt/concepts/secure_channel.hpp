#pragma once
// What stands between a native transport's socket and its bytes: TLS, or nothing. One object serves all connections of one loop.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

namespace kingbolt {

/// What became of a call on a channel.
struct ChannelResult {
    /// How the call went.
    enum class Status : std::uint8_t {
        done,     ///< `bytes` were received or sent
        again,    ///< of `receive`: something came that is no data, or not all of it yet; call it again
        blocked,  ///< not before there is news of the socket; of either kind, for a change of keys makes reading write
        ended,    ///< the peer's end of the stream: its close_notify, or without one the socket's
        failed,   ///< by `error`, of the system or of the channel; the connection has to end
    };
    Status status = Status::done;
    std::size_t bytes = 0;
    std::error_code error{};
};

/// Worked model: tls::OpenSsl in tls/openssl.hpp. A channel that does nothing, PlainText in policy/tls_options.hpp, says so by
/// `encrypts` and needs none of the functions: the transport then reads and writes the socket itself.
///   open     binds a new connection's channel to its socket, which does not block. Sends nothing yet. Throws std::bad_alloc
///   receive  up to `into.size()` bytes; shakes hands first, as long as that takes, and sends what it has to. Never `done` with none.
///            Takes from the socket a bounded number of bytes in one call. Edge-triggered: whoever calls it goes on until it is `blocked`
///   send     as many bytes as the socket takes; fewer than all means that it is full. Not before the hands are shaken. What is left has
///            to be offered again with the same bytes in front, at least 16 KiB of them or all there are, though they may have moved
///   finish   the last that is sent: tells the peer that nothing follows. False when the socket is full: call it again later
///   reload   reads certificates and keys anew; connections that exist go on with what they have. Throws, and then nothing has changed
template <class S>
concept EncryptingChannel = requires(S& channel, typename S::State& state, int socket, std::span<char> into, std::span<const char> bytes) {
    channel.open(state, socket);
    { channel.receive(state, into) }
    noexcept->std::same_as<ChannelResult>;
    { channel.send(state, bytes) }
    noexcept->std::same_as<ChannelResult>;
    { channel.finish(state) }
    noexcept->std::same_as<bool>;
    channel.reload();
};

/// `State` is one per connection, made with it.
template <class S>
concept SecureChannel = std::default_initializable<typename S::State> && requires {
    { S::encrypts } -> std::convertible_to<bool>;
} &&(!S::encrypts || EncryptingChannel<S>);

}  // namespace kingbolt
