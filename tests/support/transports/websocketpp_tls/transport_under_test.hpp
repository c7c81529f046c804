#pragma once
// Tests of TLS; this build is about the transport by websocketpp.

#include "certificates.hpp"

#include <kingbolt/transport/websocketpp.hpp>

namespace kingbolt::test {

using TransportOptions = transport::WebsocketppOptions;

struct TransportUnderTest : transport::Websocketpp {
    explicit TransportUnderTest(asio::io_context& io, TransportOptions options = {}, const TlsOptions& tls = Certificates::get().options())
        : Websocketpp{io, (options.tls = tls, options)} {}
};

}  // namespace kingbolt::test
