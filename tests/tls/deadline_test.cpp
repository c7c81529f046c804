// The hub's deadlines over TLS.

#include "support/tls/certificates.hpp"
#include "support/tls/tls_socket.hpp"
#include "transport_under_test.hpp"

#include <kingbolt/hub.hpp>

#include <asio/io_context.hpp>

#include <optional>
#include <string>
#include <thread>

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

/// How the first session of a hub ends, whose handshakes may take 200 ms, while `client` does what it likes.
template <class Client>
event::Closed first_end(Client client) {
    asio::io_context io;
    TransportUnderTest transport{io};
    std::optional<event::Closed> end;
    Hub hub{transport, Deadlines{.handshake = 200ms}, On{[&](const event::Closed& closed) {
                end = closed;
                io.stop();
            }}};
    std::thread peer{[&] { client(transport.port()); }};
    io.run_for(patience);
    peer.join();
    REQUIRE(end);
    return *end;
}

}  // namespace

TEST_CASE("a client that never begins its TLS handshake is cut at the handshake's deadline") {
    const auto end = first_end([](std::uint16_t port) {
        auto silent = RawSocket::connect(port);
        std::string nothing;
        silent.read(nothing);
    });
    CHECK(to_string(end.cause) == "handshake_timeout");
}

TEST_CASE("a client that sends its TLS handshake a byte at a time gains no time by it") {
    const auto end = first_end([](std::uint16_t port) {
        auto slow = RawSocket::connect(port);
        // A record of a handshake, 512 bytes long, with the beginning of a ClientHello.
        std::string hello{"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 11};
        hello.resize(517);
        std::string nothing;
        for (const char& byte : hello)
            if (slow.send({&byte, 1}) == 0 || slow.read(nothing, 10ms) != Read::timeout) return;
    });
    CHECK(to_string(end.cause) == "handshake_timeout");
}

TEST_CASE("a client that shakes hands and then asks for nothing is cut at the same deadline") {
    const auto end = first_end([](std::uint16_t port) {
        auto client = TlsSocket::connect(port);
        client.shake_hands();
        std::string nothing;
        client.read(nothing);
    });
    CHECK(to_string(end.cause) == "handshake_timeout");
}
