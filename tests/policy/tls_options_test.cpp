#include <kingbolt/policy/tls_options.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

#include "support/catch.hpp"

using namespace kingbolt;

namespace {

/// Everything but `reload`.
struct CannotReload {
    static constexpr bool encrypts = true;
    struct State {};
    void open(State&, int) {}
    ChannelResult receive(State&, std::span<char>) noexcept { return {}; }
    ChannelResult send(State&, std::span<const char>) noexcept { return {}; }
    bool finish(State&) noexcept { return true; }
};

struct Complete : CannotReload {
    void reload() {}
};

/// The option that is complained of; empty when none is.
std::string bad_option(const TlsOptions& options) {
    try {
        options.validate();
        return {};
    } catch (const InvalidOption& problem) {
        return problem.option();
    }
}

}  // namespace

TEST_CASE("without TLS a connection holds nothing for it, and nothing is asked of the channel") {
    STATIC_REQUIRE(std::is_empty_v<PlainText>);
    STATIC_REQUIRE(std::is_empty_v<PlainText::State>);
    STATIC_REQUIRE_FALSE(EncryptingChannel<PlainText>);
}

TEST_CASE("a channel that encrypts can do all of it") {
    STATIC_REQUIRE(SecureChannel<Complete>);
    STATIC_REQUIRE_FALSE(SecureChannel<CannotReload>);
}

TEST_CASE("TLS options are complained of by name") {
    TlsOptions options;
    CHECK(bad_option(options) == "TlsOptions.certificate_chain_file");
    options.certificate_chain_file = "chain.pem";
    CHECK(bad_option(options) == "TlsOptions.private_key_file");
    options.private_key_file = "key.pem";
    CHECK(bad_option(options).empty());
    options.require_client_certificate = true;
    CHECK(bad_option(options) == "TlsOptions.client_ca_file");
    options.client_ca_file = "ca.pem";
    CHECK(bad_option(options).empty());
    options.sni = {{}};
    CHECK(bad_option(options) == "TlsOptions.sni.server_name");
    options.sni[0].server_name = "chat.example.org";
    CHECK(bad_option(options) == "TlsOptions.sni.certificate_chain_file");
    options.sni[0].certificate_chain_file = "chain.pem";
    CHECK(bad_option(options) == "TlsOptions.sni.private_key_file");
    options.sni[0].private_key_file = "key.pem";
    CHECK(bad_option(options).empty());
}
