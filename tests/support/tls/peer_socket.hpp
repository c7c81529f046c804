#pragma once
// In tests of a transport over TLS, WsClient speaks TLS.

#include "tls_socket.hpp"

namespace kingbolt::test {

using PeerSocket = TlsSocket;

}  // namespace kingbolt::test
