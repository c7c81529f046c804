// Which certificate a client sees, which clients are let in, and what a reload changes.

#include "transport/rig.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

const Certificates& files() { return Certificates::get(); }

TlsOptions with_sni() {
    auto options = files().options();
    options.sni = {
        {.server_name = "Other.test", .certificate_chain_file = files().certificate("other"), .private_key_file = files().key("other")},
        {.server_name = "*.wild.test",
         .certificate_chain_file = files().certificate("stranger"),
         .private_key_file = files().key("stranger")}};
    return options;
}

TlsOptions asking_clients(bool require) {
    auto options = files().options();
    options.client_ca_file = files().certificate("ca");
    options.require_client_certificate = require;
    return options;
}

TlsPeer showing(const std::string& name) { return {.certificate_file = files().certificate(name), .key_file = files().key(name)}; }

WsClient client_of(const Rig& rig, const TlsPeer& peer = {}) { return WsClient{TlsSocket::connect(rig.port(), {}, peer)}; }

/// The status of the answer to an upgrade; 0 when TLS has come to nothing.
unsigned status(const Rig& rig, const TlsPeer& peer) { return client_of(rig, peer).handshake().status; }

std::string name_seen(const Rig& rig, const TlsPeer& peer = {}) {
    auto client = client_of(rig, peer);
    return client.handshake().status == 101 ? client.socket().peer_name() : "none";
}

/// Certificate files that change while they are in use.
class Renewable {
public:
    explicit Renewable(const std::string& name) { renew(name); }
    void renew(const std::string& name) const {
        constexpr auto overwrite = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(files().certificate(name), folder_.file("chain.pem"), overwrite);
        std::filesystem::copy_file(files().key(name), folder_.file("key.pem"), overwrite);
    }
    void spoil() const { std::ofstream{folder_.file("chain.pem")} << "this is no certificate"; }
    TlsOptions options() const {
        return {.certificate_chain_file = folder_.file("chain.pem"), .private_key_file = folder_.file("key.pem")};
    }

private:
    TemporaryFolder folder_;
};

/// What is wrong with these; empty when nothing is.
std::string wrong(const TlsOptions& options) {
    asio::io_context io;
    try {
        const TransportUnderTest transport{io, {}, options};
        return {};
    } catch (const std::exception& problem) {
        return problem.what();
    }
}

}  // namespace

TEST_CASE("a client that trusts the authority and calls the server by its name is content") {
    const Rig rig;
    CHECK(status(rig, {.ca_file = files().certificate("ca"), .server_name = "localhost"}) == 101);
    CHECK(status(rig, {.ca_file = files().certificate("ca"), .server_name = "elsewhere.test"}) == 0);
}

TEST_CASE("a client that does not trust the certificate says so, and the server passes it on") {
    Rig rig;
    CHECK(status(rig, {.ca_file = files().certificate("stranger")}) == 0);
    const auto how = rig.recorder.how();
    CHECK(to_string(how.cause) == "tls_error");
    CHECK(how.detail == "tlsv1 alert unknown ca");
}

TEST_CASE("the server's name chooses the certificate, in any case; unknown names and none get the default") {
    const Rig rig{{}, {}, with_sni()};
    const auto seen = [&](const std::string& name) { return name_seen(rig, {.server_name = name}); };
    CHECK(seen("other.test") == "kingbolt test other");
    CHECK(seen("OTHER.TEST") == "kingbolt test other");
    CHECK(seen("a.wild.test") == "kingbolt test stranger");
    CHECK(seen("a.b.wild.test") == "kingbolt test server");
    CHECK(seen("wild.test") == "kingbolt test server");
    CHECK(seen("unknown.test") == "kingbolt test server");
    CHECK(seen("") == "kingbolt test server");
    CHECK(status(rig, {.ca_file = files().certificate("ca"), .server_name = "other.test"}) == 101);
}

TEST_CASE("versions before TLS 1.2 are refused, and 1.2 where the options say so") {
    Rig rig;
    CHECK(status(rig, {.max_version = TLS1_1_VERSION}) == 0);
    CHECK(to_string(rig.recorder.how().cause) == "tls_error");
    auto options = files().options();
    CHECK(status(rig, {.max_version = TLS1_2_VERSION}) == 101);
    options.min_version = TlsVersion::v1_3;
    const Rig modern{{}, {}, options};
    CHECK(status(modern, {.max_version = TLS1_2_VERSION}) == 0);
    CHECK(status(modern, {.min_version = TLS1_3_VERSION}) == 101);
}

TEST_CASE("ciphers of TLS 1.2 without forward secrecy or authenticated encryption are refused") {
    const Rig rig;
    const auto offering = [&](const char* ciphers) { return status(rig, {.max_version = TLS1_2_VERSION, .ciphers = ciphers}); };
    CHECK(offering("AES128-GCM-SHA256") == 0);
    CHECK(offering("ECDHE-ECDSA-AES128-SHA") == 0);
    CHECK(offering("ECDHE-ECDSA-AES128-GCM-SHA256") == 101);
    CHECK(offering("ECDHE-ECDSA-CHACHA20-POLY1305") == 101);
}

TEST_CASE("of the protocols that a client offers http/1.1 is chosen; one that can do none but others is told so") {
    Rig rig;
    auto browser = client_of(rig, {.protocols = "\x02h2\x08http/1.1"});
    CHECK(browser.handshake().status == 101);
    CHECK(browser.socket().protocol() == "http/1.1");
    auto other = client_of(rig, {.protocols = "\x02h2"});
    CHECK_FALSE(other.socket().shake_hands());
    CHECK(other.socket().trouble() == "tlsv1 alert no application protocol");
    auto silent = client_of(rig);
    CHECK(silent.handshake().status == 101);
    CHECK(silent.socket().protocol().empty());
}

TEST_CASE("a client certificate that is required has to be there, and signed by whom the options name") {
    Rig rig{{}, {}, asking_clients(true)};
    CHECK(status(rig, showing("client")) == 101);
    const auto refused = [&](const TlsPeer& peer, std::uint32_t index) {
        auto client = client_of(rig, peer);
        CHECK(client.handshake().status == 0);
        const auto how = rig.recorder.how(index);
        CHECK(to_string(how.cause) == "tls_error");
        return how.detail + " / " + client.socket().trouble();
    };
    CHECK(refused({}, 1) == "peer did not return a certificate / tlsv13 alert certificate required");
    CHECK(refused(showing("stranger"), 2) == "certificate verify failed / tlsv1 alert unknown ca");
    CHECK(refused(showing("expired-client"), 3) == "certificate verify failed / sslv3 alert certificate expired");
    // It is for servers.
    CHECK(refused(showing("server"), 4) == "certificate verify failed / sslv3 alert unsupported certificate");
    CHECK(status(rig, showing("client")) == 101);
}

TEST_CASE("a client certificate that is only asked for may be missing, but not be wrong") {
    const Rig rig{{}, {}, asking_clients(false)};
    CHECK(status(rig, {}) == 101);
    CHECK(status(rig, showing("client")) == 101);
    CHECK(status(rig, showing("stranger")) == 0);
}

TEST_CASE("client certificates are asked for whatever name the client calls the server by") {
    auto options = asking_clients(true);
    options.sni = with_sni().sni;
    const Rig rig{{}, {}, options};
    auto peer = showing("client");
    peer.server_name = "other.test";
    CHECK(status(rig, peer) == 101);
    CHECK(status(rig, {.server_name = "other.test"}) == 0);
}

TEST_CASE("after a reload new connections see the new certificate, and old ones go on") {
    const Renewable certificate{"server"};
    Rig rig{{}, echo, certificate.options()};
    auto old = rig.open();
    CHECK(old.socket().peer_name() == "kingbolt test server");
    certificate.renew("other");
    CHECK(name_seen(rig) == "kingbolt test server");
    rig.in_loop([&] { rig.transport.reload(); });
    CHECK(name_seen(rig) == "kingbolt test other");
    old.send_text("still here");
    const auto frame = old.read_frame();
    REQUIRE(frame);
    CHECK(frame->payload == "still here");
}

TEST_CASE("a connection in the middle of its handshake survives a reload") {
    const Renewable certificate{"server"};
    Rig rig{{}, echo, certificate.options()};
    auto client = client_of(rig);
    REQUIRE(rig.recorder.wait_for("0 accepted 127.0.0.1"));
    certificate.renew("other");
    rig.in_loop([&] { rig.transport.reload(); });
    CHECK(client.handshake().status == 101);
    CHECK(client.socket().peer_name() == "kingbolt test server");
}

TEST_CASE("a reload of a file that cannot be used changes nothing and says why") {
    const Renewable certificate{"server"};
    Rig rig{{}, echo, certificate.options()};
    certificate.spoil();
    std::string problem;
    rig.in_loop([&] {
        try {
            rig.transport.reload();
        } catch (const std::system_error& error) {
            problem = error.what();
        }
    });
    CHECK(problem.starts_with("TlsOptions.certificate_chain_file \"" + certificate.options().certificate_chain_file));
    CHECK(name_seen(rig) == "kingbolt test server");
    certificate.renew("other");
    rig.in_loop([&] { rig.transport.reload(); });
    CHECK(name_seen(rig) == "kingbolt test other");
}

TEST_CASE("a client that comes back resumes by its ticket; after a reload it shakes hands anew and sees the new certificate") {
    const Renewable certificate{"server"};
    Rig rig{{}, echo, certificate.options()};
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        certificate.renew("server");
        rig.in_loop([&] { rig.transport.reload(); });
        auto first = client_of(rig, {.max_version = version});
        REQUIRE(first.handshake().status == 101);
        const std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session{SSL_get1_session(first.socket().tls()), SSL_SESSION_free};
        const TlsPeer returning{.max_version = version, .session = session.get()};
        auto second = client_of(rig, returning);
        REQUIRE(second.handshake().status == 101);
        CHECK(second.socket().resumed());
        certificate.renew("other");
        rig.in_loop([&] { rig.transport.reload(); });
        auto third = client_of(rig, returning);
        REQUIRE(third.handshake().status == 101);
        CHECK_FALSE(third.socket().resumed());
        CHECK(third.socket().peer_name() == "kingbolt test other");
    }
}

TEST_CASE("files that cannot be used are named at construction, with what they should be") {
    const auto changed = [](auto change) {
        auto options = files().options();
        change(options);
        return wrong(options);
    };
    CHECK(changed([](TlsOptions&) {}).empty());
    CHECK(changed([](TlsOptions& o) { o.certificate_chain_file = "/nowhere.pem"; }) ==
          "TlsOptions.certificate_chain_file \"/nowhere.pem\", a PEM file with the server's certificate and those between it and its root: "
          "No such file or directory");
    CHECK(changed([](TlsOptions& o) { o.certificate_chain_file = o.private_key_file; }).ends_with(": no start line"));
    CHECK(changed([](TlsOptions& o) { o.private_key_file = files().key("other"); }) ==
          "TlsOptions.private_key_file \"" + files().key("other") + "\", a PEM file with the key, without a passphrase, of \"" +
              files().certificate("server") + "\": key values mismatch");
    CHECK(changed([](TlsOptions& o) { o.client_ca_file = "/nowhere.pem"; }).starts_with("TlsOptions.client_ca_file \"/nowhere.pem\", "));
    CHECK(changed([](TlsOptions& o) {
              o.sni = {{.server_name = "a", .certificate_chain_file = "/nowhere.pem", .private_key_file = "/nowhere.key"}};
          }).starts_with("TlsOptions.sni.certificate_chain_file \"/nowhere.pem\", "));
}

TEST_CASE("options that cannot be meant are refused before a file is read, and so is a name that stands twice") {
    CHECK(wrong({}).starts_with("TlsOptions.certificate_chain_file = \"\" is out of range (the name of a file): "));
    auto twice = with_sni();
    twice.sni[1].server_name = "OTHER.test";
    CHECK(wrong(twice).starts_with("TlsOptions.sni.server_name = \"OTHER.test\" is out of range (each name once): "));
}
