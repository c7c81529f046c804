// A client of a wss URL.

#include <kingbolt/client.hpp>
#include <kingbolt/client/tls.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "raw_server.hpp"
#include "support/catch.hpp"

#include "certificates.hpp"

using namespace kingbolt;
using namespace kingbolt::test;
using namespace std::chrono_literals;

namespace {

/// Welcomes one client over TLS with that certificate, and says what became of a client that wants `host`.
std::string met(const std::string& certificate, const std::string& host) {
    asio::io_context io;
    asio::ssl::context server_side{asio::ssl::context::tls_server}, client_side{asio::ssl::context::tls_client};
    server_side.use_certificate_chain_file(Certificates::get().certificate(certificate));
    server_side.use_private_key_file(Certificates::get().key(certificate), asio::ssl::context::pem);
    client_side.load_verify_file(Certificates::get().certificate("ca"));

    asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    const auto serve = [&]() -> asio::awaitable<void> {
        try {
            using Stream = asio::ssl::stream<asio::ip::tcp::socket>;
            BasicPeer<Stream> peer{Stream{co_await acceptor.async_accept(asio::use_awaitable), server_side}};
            co_await peer.stream().async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
            co_await peer.accept();
            co_await peer.text();
            co_await peer.say(R"({"type":"welcome","session":"1-1","now":0,"ping_ms":30000,"subs":[]})");
            co_await peer.see_end();
        } catch (const std::system_error&) {  // the client does not like the certificate
        }
    };
    asio::co_spawn(io, serve(), asio::detached);

    std::string outcome;
    Client client{io.get_executor(),
                  {.url = "wss://" + host + ":" + std::to_string(acceptor.local_endpoint().port()) + "/"},
                  client::tls(client_side)};
    client.on({.on_state = [&outcome](const client::StateChanged& e) {
        if (e.state == client::State::ready) outcome = "ready";
        if (e.state == client::State::waiting) outcome = e.reason + ": " + e.detail;
    }});
    client.start();
    CHECK(run_until(io, [&] { return !outcome.empty(); }));
    client.stop();
    run_for(io, 50ms);
    return outcome;
}

}  // namespace

TEST_CASE("a server that shows a certificate for its name or address is trusted, another is not") {
    CHECK(met("server", "localhost") == "ready");
    CHECK(met("server", "127.0.0.1") == "ready");
    CHECK(met("other", "127.0.0.1").starts_with("connect_failed: certificate verify failed"));
    CHECK(met("stranger", "127.0.0.1").starts_with("connect_failed: certificate verify failed"));
}

TEST_CASE("TLS and the URL have to agree") {
    asio::io_context io;
    asio::ssl::context context{asio::ssl::context::tls_client};
    CHECK_THROWS_AS(Client(io.get_executor(), {.url = "ws://localhost/"}, client::tls(context)), InvalidOption);
}
