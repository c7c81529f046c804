// What a transport without TLS does with a client that wants it.

#include "rig.hpp"

#include <string>

using namespace kingbolt;
using namespace kingbolt::test;

TEST_CASE("a TLS client at a plain port is recognized") {
    Rig rig;
    auto socket = RawSocket::connect(rig.port());
    socket.send(std::string{"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1", 9});
    std::string answered;
    CHECK(socket.read(answered) == Read::data);
    socket.close();
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::bad_handshake);
    CHECK(how.detail == "answered 400: a TLS handshake on a port without TLS");
}
