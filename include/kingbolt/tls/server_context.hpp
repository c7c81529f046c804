#pragma once
// TlsOptions as an SSL_CTX: what all connections that begin between two reloads have in common.

#include <kingbolt/policy/tls_options.hpp>
#include <kingbolt/tls/error.hpp>
#include <kingbolt/tls/owned.hpp>

#include <openssl/ssl.h>
#include <openssl/tls1.h>

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt::tls {
namespace detail {

/// By server name, in lower case. It belongs to the context that looks it up.
using NamedContexts = std::map<std::string, Owned<SSL_CTX>, std::less<>>;

inline std::string lower_case(std::string_view name) {
    std::string lower{name};
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

/// `chat.example.org` before `*.example.org`; null for a name that nobody has.
inline SSL_CTX* find(const NamedContexts& contexts, std::string_view server_name) {
    std::string name = lower_case(server_name);
    auto found = contexts.find(name);
    if (const std::size_t dot = name.find('.'); found == contexts.end() && dot != std::string::npos)
        found = contexts.find(name.replace(0, dot, "*"));
    return found == contexts.end() ? nullptr : found->second.get();
}

inline int named_contexts_slot() {
    static const int slot =
        SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, [](void*, void* contexts, CRYPTO_EX_DATA*, int, long, void*) {
            delete static_cast<NamedContexts*>(contexts);  // NOLINT: OpenSSL owned it
        });
    return slot;
}

inline int choose_certificate(SSL* connection, int*, void* contexts) noexcept {
    const char* const name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    try {
        if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
        SSL_CTX* const context = find(*static_cast<const NamedContexts*>(contexts), name);
        if (context == nullptr) return SSL_TLSEXT_ERR_NOACK;
        return SSL_set_SSL_CTX(connection, context) != nullptr ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
    } catch (const std::bad_alloc&) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
}

/// RFC 7301 §3.2: without an overlap the alert no_application_protocol.
inline int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned offered_size,
                           void*) noexcept {
    static constexpr unsigned char ours[] = "\x8http/1.1";
    const int result = SSL_select_next_proto(const_cast<unsigned char**>(chosen), size, ours, sizeof ours - 1, offered, offered_size);
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

[[noreturn]] inline void refuse(const std::string& option, const std::string& file, const std::string& what_it_is) {
    throw std::system_error{take_error(), "TlsOptions." + option + " \"" + file + "\", " + what_it_is};
}

inline void set_rules(SSL_CTX* context, TlsVersion min_version) {
    SSL_CTX_set_min_proto_version(context, min_version == TlsVersion::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context,
                            "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                            "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                            "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305");
    SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
    // A stream that ends without close_notify is no news here: only a Close frame tells that a WebSocket has ended in order.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // What an idle connection does not need it does not keep; a record comes with one system call instead of two.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    // Clients that come back are spared the signature, and the server remembers nothing of them: what they need they carry with them. The
    // key of these tickets is the context's own, and ends with it.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    static constexpr unsigned char session_id_context[] = "kingbolt";
    SSL_CTX_set_session_id_context(context, session_id_context, sizeof session_id_context - 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

inline void use_certificate(SSL_CTX* context, const std::string& options, const std::string& chain_file, const std::string& key_file) {
    // Instead of asking the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
    if (SSL_CTX_use_certificate_chain_file(context, chain_file.c_str()) != 1)
        refuse(options + "certificate_chain_file", chain_file,
               "a PEM file with the server's certificate and those between it and its root");
    if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(context) != 1)
        refuse(options + "private_key_file", key_file, "a PEM file with the key, without a passphrase, of \"" + chain_file + '"');
}

inline void ask_clients(SSL_CTX* context, const std::string& ca_file, bool required) {
    auto* const names = SSL_load_client_CA_file(ca_file.c_str());
    if (names == nullptr || SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1)
        refuse("client_ca_file", ca_file, "a PEM file with the authorities that sign clients");
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
}

inline Owned<SSL_CTX> make_context(const TlsOptions& rules, const std::string& options, const std::string& chain_file,
                                   const std::string& key_file) {
    Owned<SSL_CTX> context{SSL_CTX_new(TLS_server_method())};
    if (!context) throw std::bad_alloc{};
    set_rules(context.get(), rules.min_version);
    use_certificate(context.get(), options, chain_file, key_file);
    if (!rules.client_ca_file.empty()) ask_clients(context.get(), rules.client_ca_file, rules.require_client_certificate);
    return context;
}

}  // namespace detail

/// Reads the files, on the calling thread. Throws InvalidOption, std::bad_alloc, and a std::system_error that names the file which cannot
/// be used and what it should be. An SSL made from the result keeps it.
inline std::shared_ptr<SSL_CTX> make_server_context(const TlsOptions& options) {
    options.validate();
    ERR_clear_error();
    auto context = detail::make_context(options, "", options.certificate_chain_file, options.private_key_file);
    if (!options.sni.empty()) {
        auto named = std::make_unique<detail::NamedContexts>();
        for (const auto& [name, chain_file, key_file] : options.sni)
            if (!named->try_emplace(detail::lower_case(name), detail::make_context(options, "sni.", chain_file, key_file)).second)
                throw InvalidOption{"TlsOptions.sni.server_name", '"' + name + '"', "each name once", "remove one of the two"};
        SSL_CTX_set_tlsext_servername_callback(context.get(), detail::choose_certificate);
        SSL_CTX_set_tlsext_servername_arg(context.get(), named.get());
        if (SSL_CTX_set_ex_data(context.get(), detail::named_contexts_slot(), named.get()) != 1) throw std::bad_alloc{};
        named.release();  // NOLINT(bugprone-unused-return-value): the context's now
    }
    return {std::move(context)};
}

}  // namespace kingbolt::tls
