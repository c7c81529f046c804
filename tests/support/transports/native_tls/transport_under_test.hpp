#pragma once
// Tests of what every transport must do, and of TLS; this build is about the native one with OpenSSL.

#include "certificates.hpp"

#include <kingbolt/tls/openssl.hpp>
#include <kingbolt/transport/native.hpp>

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

}  // namespace kingbolt::test
