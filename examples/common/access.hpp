#pragma once
// Who may come in, and how much of each: what the servers can be told on the command line, and the policies that it comes to.

#include <kingbolt/core/error.hpp>
#include <kingbolt/policy/admission_control.hpp>
#include <kingbolt/policy/allowed_origins.hpp>
#include <kingbolt/policy/client_limits.hpp>
#include <kingbolt/policy/rate_limiter.hpp>
#include <kingbolt/policy/scope_authorizer.hpp>
#include <kingbolt/policy/tls_options.hpp>
#include <kingbolt/policy/trusted_proxies.hpp>
#include <kingbolt/security/jwt.hpp>

#include <CLI/CLI.hpp>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace example {

namespace kb = kingbolt;

struct Access {
    std::string jwt_algorithm{}, jwt_key_file{}, jwks_file{}, jwt_issuer{}, jwt_audience{};
    bool allow_query_token = false;
    std::vector<std::string> allowed_origins{}, trusted_proxies{};
    std::size_t max_connections = 10'000, max_per_ip = 20;
    std::uint32_t handshakes_per_ip = 10;  ///< within 10 s
    double accepts_per_second = 1'000;     ///< of all clients; this and the next are no options
    std::uint32_t accept_burst = 2'000;
    double rate = 50;  ///< messages a second of each client
    std::uint32_t burst = 100;
    std::string tls_certificate{}, tls_key{};
    bool insecure = false;

    bool authenticates() const noexcept { return !jwt_key_file.empty() || !jwks_file.empty(); }

    void add_to(CLI::App& app) {
        // What an unset variable of a shell leaves behind must not be as good as nothing.
        const CLI::Validator given{[](const std::string& text) { return std::string{text.empty() ? "must not be empty" : ""}; }, ""};
        app.add_option("--jwt-alg", jwt_algorithm, "the one algorithm of tokens: HS256, HS384, HS512, RS256, PS256, ES256, EdDSA")
            ->type_name("NAME")
            ->check(CLI::IsMember({"HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA"}));
        auto* const key = app.add_option("--jwt-key-file", jwt_key_file, "a public key in PEM or, for HS…, the secret: clients need a JWT")
                              ->type_name("FILE")
                              ->check(given);
        app.add_option("--jwks-file", jwks_file, "the same with several keys (RFC 7517); read again when a token names an unknown one")
            ->type_name("FILE")
            ->check(given)
            ->excludes(key);
        app.add_option("--jwt-issuer", jwt_issuer, "what `iss` of a token has to be")->type_name("TEXT")->check(given);
        app.add_option("--jwt-audience", jwt_audience, "what `aud` of a token has to be, or to contain")->type_name("TEXT")->check(given);
        app.add_flag("--allow-query-token", allow_query_token, "take a token from ?access_token= too, which proxies may log");
        app.add_option("--allow-origin", allowed_origins,
                       "pages of this origin may connect, instead of those of the host itself; repeatable")
            ->type_name("ORIGIN");
        app.add_option("--trusted-proxy", trusted_proxies, "believe what this address or network says of its clients; repeatable")
            ->type_name("NETWORK");
        app.add_option("--max-connections", max_connections, "connections of all clients")->type_name("N")->capture_default_str();
        app.add_option("--max-per-ip", max_per_ip, "connections of one address")->type_name("N")->capture_default_str();
        app.add_option("--handshakes-per-ip", handshakes_per_ip, "new connections of one address in 10 s")
            ->type_name("N")
            ->capture_default_str();
        app.add_option("--rate", rate, "messages a second of one client")->type_name("N")->capture_default_str();
        app.add_option("--burst", burst, "messages of one client at once")->type_name("N")->capture_default_str();
        auto* const certificate =
            app.add_option("--tls-cert", tls_certificate, "wss:// with this certificate chain, PEM; SIGHUP reloads it")
                ->type_name("FILE")
                ->check(given);
        auto* const private_key = app.add_option("--tls-key", tls_key, "and with this private key, PEM")->type_name("FILE")->check(given);
        certificate->needs(private_key);
        private_key->needs(certificate);
        app.add_flag("--insecure", insecure, "listen beyond this machine although nobody is asked for a token");
    }

    /// Throws InvalidOption when anybody could come in from elsewhere, and nobody would ask who; or where an option needs another. `host`
    /// is what the option `host_option` says.
    void check(std::string host_option, std::string_view host) const {
        const bool local = host.starts_with("127.") || host == "::1" || host == "localhost";
        if (!local && !authenticates() && !insecure)
            throw kb::InvalidOption{std::move(host_option), std::string{host}, "a loopback address as long as clients need no token",
                                    "give --jwt-key-file or --jwks-file, or say --insecure"};
        if (!authenticates() && (!jwt_algorithm.empty() || !jwt_issuer.empty() || !jwt_audience.empty() || allow_query_token))
            throw kb::InvalidOption{"--jwt-key-file", "none", "a key, where something is wanted of tokens", "give it, or --jwks-file"};
        if (!jwt_key_file.empty() && jwt_algorithm.empty())
            throw kb::InvalidOption{"--jwt-alg", "none", "the algorithm of --jwt-key-file", "a key is for one algorithm: name it"};
    }

    bool has_tls() const noexcept { return !tls_certificate.empty(); }
    kb::TlsOptions tls() const { return {.certificate_chain_file = tls_certificate, .private_key_file = tls_key}; }

    kb::AdmissionControl admission() const {
        return {.max_connections = max_connections,
                .accepts_per_second = accepts_per_second,
                .accept_burst = accept_burst,
                .max_per_ip = max_per_ip,
                .handshakes_per_ip = handshakes_per_ip};
    }
    kb::RateLimiter rate_limiter() const { return {.per_second = rate, .burst = burst}; }
    kb::TrustedProxies proxies() const { return {trusted_proxies}; }
};

/// SameOrigin where no origin is named. A server that knows at compile time what it wants gives the hub one of the two.
class Origins {
public:
    using slot = kb::slot::origins;
    explicit Origins(const Access& access) : allowed_{access.allowed_origins} { allowed_.validate(); }

    const kb::AllowedOrigins& allowed() const noexcept { return allowed_; }
    kb::OriginVerdict check(const kb::HttpRequest& request) const {
        return allowed_.origins.empty() ? kb::SameOrigin::check(request) : allowed_.check(request);
    }

private:
    kb::AllowedOrigins allowed_;
};

/// Asks for a token where there is a key to verify it with, and lets everybody in where there is none. A server that always wants tokens
/// gives the hub a JwtAuthenticator as it is.
class Gate {
public:
    using slot = kb::slot::authenticator;

    /// Takes the keys from the files. Throws InvalidOption when they are no good.
    explicit Gate(const Access& access) {
        kb::JwtOptions options{.issuer = access.jwt_issuer, .audience = access.jwt_audience};
        options.sources.query = access.allow_query_token;
        const auto algorithm = kb::jwt_algorithm(access.jwt_algorithm);
        if (!access.jwks_file.empty())
            who_ = OfFile{options, kb::JwksFile{{.path = access.jwks_file, .algorithm = algorithm}}};
        else if (!access.jwt_key_file.empty())
            who_ = OfKey{options, kb::KeySet{{key(*algorithm, access.jwt_key_file)}}};
    }

    bool is_open() const noexcept { return std::holds_alternative<Open>(who_); }

    kb::Authentication authenticate(const kb::HttpRequest& request) {
        return std::visit([&](auto& one) { return one.authenticate(request); }, who_);
    }
    kb::Authentication refresh(std::string_view token) {
        return std::visit([&](auto& one) { return one.refresh(token); }, who_);
    }
    std::string account(const kb::HttpRequest& request) const {
        return std::visit([&](const auto& one) { return one.account(request); }, who_);
    }
    void redact(kb::UpgradeRequest& request) const {
        std::visit([&](const auto& one) { one.redact(request); }, who_);
    }

private:
    struct Open {
        static kb::Authentication authenticate(const kb::HttpRequest&) { return kb::Authentication::accept({}); }
        static kb::Authentication refresh(std::string_view) { return kb::Authentication::refuse("nobody needs a token here"); }
        static std::string account(const kb::HttpRequest&) { return {}; }
        static void redact(kb::UpgradeRequest& request) { kb::TokenSources{}.redact(request); }
    };
    using OfKey = kb::JwtAuthenticator<kb::KeySet>;
    using OfFile = kb::JwtAuthenticator<kb::JwksFile>;

    static kb::VerificationKey key(kb::JwtAlgorithm algorithm, const std::string& path) {
        std::ostringstream content;
        content << std::ifstream{path, std::ios::binary}.rdbuf();  // a folder can be opened, but not read
        std::string text = content.str();
        if (text.ends_with('\n') && !text.starts_with("-----")) text.pop_back();  // as editors leave it behind a secret
        if (!content || text.empty())
            throw kb::InvalidOption{"--jwt-key-file", path, "a file that can be read and is not empty", "see its path and permissions"};
        if (to_string(algorithm).starts_with("HS")) return kb::VerificationKey::from_secret(algorithm, text);
        return kb::VerificationKey::from_pem(algorithm, text);
    }

    std::variant<Open, OfKey, OfFile> who_;
};

/// Scopes say what who may do, where anybody was asked who he is.
struct Permissions {
    using slot = kb::slot::authorizer;
    bool open = false;

    bool permits(const kb::Identity& who, kb::Action action, std::string_view name) const noexcept {
        return open || kb::ScopeAuthorizer::permits(who, action, name);
    }
};

}  // namespace example
