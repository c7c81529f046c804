#include "rig.hpp"
#include "support/temporary_folder.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>

using namespace kingbolt;
using namespace kingbolt::test;
using transport::Websocketpp;

namespace {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

/// A self-signed certificate and its key in two files, for as long as the object lives.
class ThrowAwayCertificate {
public:
    ThrowAwayCertificate() {
        const Owned<EVP_PKEY, EVP_PKEY_free> key{EVP_EC_gen("P-256")};
        const Owned<X509, X509_free> certificate{X509_new()};
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
        X509_set_pubkey(certificate.get(), key.get());
        X509_sign(certificate.get(), key.get(), EVP_sha256());
        write(certificate_file(), [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
        write(key_file(), [&](std::FILE* file) { return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    }

    std::string certificate_file() const { return folder_.file("certificate.pem"); }
    std::string key_file() const { return folder_.file("key.pem"); }
    transport::TlsOptions options() const { return {.certificate_chain_file = certificate_file(), .private_key_file = key_file()}; }

private:
    template <class Write>
    static void write(const std::string& name, Write&& to) {
        const Owned<std::FILE, std::fclose> file{std::fopen(name.c_str(), "w")};
        REQUIRE(file != nullptr);
        REQUIRE(to(file.get()) == 1);
    }

    TemporaryFolder folder_;
};

/// A blocking TLS client. The socket's own timeouts are its deadlines.
class TlsClient {
public:
    explicit TlsClient(std::uint16_t port, SocketOptions options = {}) : socket_{RawSocket::connect(port, options)} {
        const timeval deadline{.tv_sec = patience.count() / 1000, .tv_usec = 0};
        ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
        ::setsockopt(socket_.fd(), SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
        SSL_set_fd(tls_.get(), socket_.fd());
    }
    bool connect() { return SSL_connect(tls_.get()) == 1; }
    bool open() {
        if (!connect()) return false;
        send(WsClient::upgrade_request({}));
        std::string head;
        while (!head.ends_with("\r\n\r\n")) {
            const std::string byte = read(1);
            if (byte.empty()) return false;
            head += byte;
        }
        return head.starts_with("HTTP/1.1 101 ");
    }
    void send(const std::string& bytes) { SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())); }
    /// Exactly so many bytes, or fewer at the end of the stream.
    std::string read(std::size_t size) {
        std::string bytes(size, '\0');
        std::size_t done = 0;
        while (done < size) {
            const int n = SSL_read(tls_.get(), bytes.data() + done, static_cast<int>(size - done));
            if (n <= 0) break;
            done += static_cast<std::size_t>(n);
        }
        bytes.resize(done);
        return bytes;
    }
    /// The server's close_notify has come: the end of the stream is not a truncation.
    bool ended_properly() { return read(1).empty() && (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    void close_notify() { SSL_shutdown(tls_.get()); }
    RawSocket& socket() noexcept { return socket_; }

private:
    RawSocket socket_;
    Owned<SSL_CTX, SSL_CTX_free> context_{SSL_CTX_new(TLS_client_method())};
    Owned<SSL, SSL_free> tls_{SSL_new(context_.get())};
};

/// The bytes of a server's frame.
std::string wire(const Frame& frame) { return {reinterpret_cast<const char*>(frame.wire().data()), frame.wire().size()}; }

}  // namespace

TEST_CASE("messages are echoed over TLS") {
    const ThrowAwayCertificate certificate;
    Rig rig{{.max_message = 1_MiB, .tls = certificate.options()}, echo};
    TlsClient client{rig.port()};
    REQUIRE(client.open());
    for (const std::size_t size : {0U, 1U, 2048U, 16'384U, 16'385U, 1'000'000U}) {
        CAPTURE(size);
        const std::string payload(size, 'x');
        client.send(WireFrame{.opcode = 0x2, .payload = payload}.encode());
        const std::string expected = wire(Frame::encode(Opcode::binary, payload));
        CHECK((client.read(expected.size()) == expected));
    }
}

TEST_CASE("a batch goes over TLS in order and is reported as it goes, also to a slow reader") {
    const ThrowAwayCertificate certificate;
    Rig rig{{.send_buffer = 16'384, .tls = certificate.options()}};
    TlsClient client{rig.port(), {.receive_buffer = 4096}};
    REQUIRE(client.open());
    REQUIRE(rig.recorder.wait_for("0 opened"));
    std::vector<Frame> frames;
    std::string expected;
    for (std::size_t i = 0; i < 200; ++i) {
        frames.push_back(Frame::encode(Opcode::binary, std::string(i * 100, static_cast<char>('a' + i % 26))));
        expected += wire(frames.back());
    }
    rig.command(0, [&](Connection& connection) {
        rig.recorder.write(connection, frames);
        connection.close(CloseCode::come_back, "done");
    });
    CHECK((client.read(expected.size()) == expected));
    CHECK(client.read(8) ==
          "\x88\x06\x0F\xA0"
          "done");
    client.send(WireFrame{.opcode = 0x8, .payload = "\x0F\xA0"}.encode());
    CHECK(client.ended_properly());
    client.close_notify();
    client.socket().close();
    CHECK(rig.recorder.how().cause == Cause::client_close);
    CHECK(rig.recorder.written() == expected.size());
    CHECK(rig.recorder.completed() == 1);
    CHECK(rig.recorder.reports() > 10);
}

TEST_CASE("a client's Close over TLS is answered and followed by close_notify") {
    const ThrowAwayCertificate certificate;
    Rig rig{{.tls = certificate.options()}};
    TlsClient client{rig.port()};
    REQUIRE(client.open());
    client.send(WireFrame{.opcode = 0x8, .payload = "\x03\xE8"}.encode());
    CHECK(client.read(4) == "\x88\x02\x03\xE8");
    CHECK(client.ended_properly());
    client.close_notify();
    client.socket().close();
    CHECK(rig.recorder.how().cause == Cause::client_close);
}

TEST_CASE("a breach of the protocol over TLS gets its Close, though the peer goes on sending") {
    const ThrowAwayCertificate certificate;
    Rig rig{{.tls = certificate.options()}};
    TlsClient client{rig.port()};
    REQUIRE(client.open());
    client.send(WireFrame{.opcode = 0x3}.encode());
    for (int i = 0; i < 50; ++i) client.send(WireFrame{.payload = std::string(1000, 'm')}.encode());
    CHECK(client.read(4).substr(2) == "\x03\xEA");
    client.socket().close();
    CHECK(rig.recorder.how().cause == Cause::protocol_error);
}

TEST_CASE("what ends a TLS connection is told apart") {
    const ThrowAwayCertificate certificate;
    Rig rig{{.tls = certificate.options()}};
    SECTION("a client that speaks no TLS") {
        WsClient plain{rig.port()};
        plain.send_raw(WsClient::upgrade_request({}));
        const auto how = rig.recorder.how();
        CHECK(to_string(how.cause) == "tls_error");
        CHECK(how.error.message().find("http request") != std::string::npos);
    }
    SECTION("the end of the stream before the handshake") {
        { const WsClient silent{rig.port()}; }
        CHECK(to_string(rig.recorder.how().cause) == "eof_without_close");
    }
    SECTION("a client that ends TLS without a Close frame") {
        TlsClient client{rig.port()};
        REQUIRE(client.open());
        client.close_notify();
        CHECK(to_string(rig.recorder.how().cause) == "eof_without_close");
    }
    SECTION("a client that is cut off") {
        TlsClient client{rig.port()};
        REQUIRE(client.open());
        client.socket().close();
        CHECK(to_string(rig.recorder.how().cause) == "eof_without_close");
    }
    SECTION("a reset") {
        TlsClient client{rig.port()};
        REQUIRE(client.open());
        client.socket().reset();
        CHECK(to_string(rig.recorder.how().cause) == "reset_by_peer");
    }
    SECTION("garbage after the handshake") {
        TlsClient client{rig.port()};
        REQUIRE(client.open());
        client.socket().send("this is no TLS record");
        CHECK(to_string(rig.recorder.how().cause) == "tls_error");
    }
    SECTION("abort in the middle of the handshake, and in the middle of a write") {
        const WsClient silent{rig.port()};
        REQUIRE(rig.recorder.wait_for("0 accepted 127.0.0.1"));
        rig.command(0, [](Connection& connection) { connection.abort(); });
        rig.recorder.how(0);
        TlsClient client{rig.port()};
        REQUIRE(client.open());
        REQUIRE(rig.recorder.wait_for("1 opened"));
        rig.command(1, [](Connection& connection) {
            const Frame frame = Frame::encode(Opcode::binary, std::string(20'000'000, 'x'));
            connection.write({&frame, 1});
            connection.abort();
        });
        rig.recorder.how(1);
        CHECK(rig.recorder.completed(1) == 0);
    }
}

TEST_CASE("reading over TLS can be paused and resumed") {
    const ThrowAwayCertificate certificate;
    Rig rig{{.tls = certificate.options()}, [](Recorder& hub) {
                hub.message = [](Connection& connection, Message message) {
                    if (message.text() == "pause") connection.pause_reading();
                };
            }};
    TlsClient client{rig.port()};
    REQUIRE(client.open());
    client.send(WireFrame{.payload = "pause"}.encode());
    REQUIRE(rig.recorder.wait_for("0 text pause"));
    client.send(WireFrame{.payload = "later"}.encode());
    CHECK(!rig.recorder.wait_for("0 text later", 50ms));
    rig.command(0, [](Connection& connection) { connection.resume_reading(); });
    CHECK(rig.recorder.wait_for("0 text later"));
}

TEST_CASE("a certificate or key that cannot be used is named") {
    const ThrowAwayCertificate certificate, other;
    asio::io_context io;
    const auto what = [&](transport::TlsOptions tls) -> std::string {
        try {
            Websocketpp transport{io, {.tls = std::move(tls)}};
        } catch (const std::system_error& error) {
            return error.what();
        }
        return "no error";
    };
    CHECK(what({.certificate_chain_file = "/nowhere.pem"}).starts_with("TlsOptions.certificate_chain_file \"/nowhere.pem\""));
    CHECK(what({.certificate_chain_file = certificate.certificate_file(), .private_key_file = other.key_file()})
              .starts_with("TlsOptions.private_key_file \"" + other.key_file()));
}

TEST_CASE("a certificate file that is not there is said at construction") {
    asio::io_context io;
    const auto open = [&io] { Websocketpp{io, {.tls = transport::TlsOptions{.certificate_chain_file = "/nowhere.pem"}}}; };
    CHECK_THROWS_WITH(open(), Catch::Contains("certificate_chain_file \"/nowhere.pem\""));
}
