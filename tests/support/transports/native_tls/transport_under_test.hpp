#pragma once
// Tests of what every transport must do, and of TLS; this build is about the native one with OpenSSL.

#include "certificates.hpp"

#include <kingbolt/tls/openssl.hpp>
#include <kingbolt/transport/native.hpp>

#include <cstddef>

namespace kingbolt::test {

using TransportOptions = transport::NativeOptions;

struct TransportUnderTest : transport::Native<NoCompression, tls::OpenSsl> {
    explicit TransportUnderTest(asio::io_context& io, const TransportOptions& options = {},
                                const TlsOptions& tls = Certificates::get().options())
        : Native{io, options, tls::OpenSsl{tls}} {}
};

// What a client is told of a head and of a body that are too large.
inline constexpr const char* head_limit = "8 KiB";
inline constexpr const char* body_refusal = "400: a request with a body";
inline constexpr const char* options_name = "NativeOptions";
/// Bytes of TCP that carry so many of WebSocket, which are one record of TLS 1.3: with a header, a type and a tag (RFC 8446 §5.2).
constexpr std::size_t on_wire(std::size_t size) { return 5 + size + 1 + 16; }

}  // namespace kingbolt::test
