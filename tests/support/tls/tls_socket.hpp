#pragma once
// A RawSocket that speaks TLS, as a client. It shakes hands when it first sends or reads.

#include "support/raw_socket.hpp"

#include <kingbolt/tls/owned.hpp>
#include <kingbolt/tls/socket_bio.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <poll.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::test {

/// What a client asks for and shows. Empty is the default of OpenSSL, and an empty `ca_file` trusts everybody.
struct TlsPeer {
    std::string ca_file{}, server_name{};
    std::string certificate_file{}, key_file{};
    std::string protocols{};  ///< ALPN, each with its length in front
    int min_version = 0, max_version = 0;
    std::string ciphers{};           ///< of TLS 1.2
    SSL_SESSION* session = nullptr;  ///< of an earlier connection, to be resumed
};

class TlsSocket : public RawSocket {
public:
    static TlsSocket connect(std::uint16_t port, SocketOptions options = {}, const TlsPeer& peer = {}) {
        return TlsSocket{RawSocket::connect(port, options), peer};
    }
    static TlsSocket connect(const std::string& path) { return TlsSocket{RawSocket::connect(path), {}}; }

    explicit TlsSocket(RawSocket socket, const TlsPeer& peer = {}) : RawSocket{std::move(socket)} {
        check(SSL_CTX_set_min_proto_version(context_.get(), peer.min_version) == 1);
        check(SSL_CTX_set_max_proto_version(context_.get(), peer.max_version) == 1);
        if (peer.max_version != 0 && peer.max_version < TLS1_2_VERSION) SSL_CTX_set_security_level(context_.get(), 0);
        if (!peer.ciphers.empty()) check(SSL_CTX_set_cipher_list(context_.get(), peer.ciphers.c_str()) == 1);
        if (!peer.ca_file.empty()) {
            check(SSL_CTX_load_verify_locations(context_.get(), peer.ca_file.c_str(), nullptr) == 1);
            SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        }
        if (!peer.certificate_file.empty()) {
            check(SSL_CTX_use_certificate_chain_file(context_.get(), peer.certificate_file.c_str()) == 1);
            check(SSL_CTX_use_PrivateKey_file(context_.get(), peer.key_file.c_str(), SSL_FILETYPE_PEM) == 1);
        }
        tls_.reset(SSL_new(context_.get()));
        if (!peer.server_name.empty()) {
            check(SSL_set_tlsext_host_name(tls_.get(), peer.server_name.c_str()) == 1);
            check(SSL_set1_host(tls_.get(), peer.server_name.c_str()) == 1);
        }
        if (!peer.protocols.empty())
            check(SSL_set_alpn_protos(tls_.get(), reinterpret_cast<const unsigned char*>(peer.protocols.data()),
                                      static_cast<unsigned>(peer.protocols.size())) == 0);
        if (peer.session != nullptr) check(SSL_set_session(tls_.get(), peer.session) == 1);
        BIO* const bio = tls::make_socket_bio(fd());
        SSL_set_bio(tls_.get(), bio, bio);
        SSL_set_connect_state(tls_.get());
        check(::fcntl(fd(), F_SETFL, O_NONBLOCK) == 0);
    }

    /// Where the answer is no, `trouble` says why. With TLS 1.3 that a server refuses shows at the first read.
    bool shake_hands(Patience timeout = patience) {
        return repeat([this] { return SSL_do_handshake(tls_.get()); }, WaitClock::now() + timeout) == SSL_ERROR_NONE;
    }

    /// Everything, or as much as the peer took in time; returns the bytes sent.
    std::size_t send(std::string_view bytes, Patience timeout = patience) {
        const auto deadline = WaitClock::now() + timeout;
        std::size_t sent = 0;
        // A record at a time, so that what the peer has not taken is known.
        while (sent < bytes.size()) {
            std::size_t more = 0;
            const auto write = [&] { return SSL_write_ex(tls_.get(), bytes.data() + sent, bytes.size() - sent, &more); };
            if (repeat(write, deadline) != SSL_ERROR_NONE) break;
            sent += more;
        }
        return sent;
    }

    /// Appends what is there, waiting for at least one byte.
    Read read(std::string& into, Patience timeout = patience) {
        char buffer[16384];
        std::size_t size = 0;
        switch (repeat([&] { return SSL_read_ex(tls_.get(), buffer, sizeof buffer, &size); }, WaitClock::now() + timeout)) {
        case SSL_ERROR_NONE: into.append(buffer, size); return Read::data;
        case SSL_ERROR_ZERO_RETURN: return Read::eof;
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return Read::timeout;
        default: return trouble_ == "unexpected eof while reading" ? Read::eof : Read::reset;
        }
    }

    /// close_notify and FIN; what the peer still sends can be read.
    void shutdown_write() noexcept {
        SSL_shutdown(tls_.get());
        RawSocket::shutdown_write();
    }
    /// close_notify alone.
    void close_notify() noexcept { SSL_shutdown(tls_.get()); }
    /// The peer's, which came before the end of its stream.
    bool has_close_notify() const noexcept { return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

    /// The common name in the server's certificate.
    std::string peer_name() const {
        char name[256] = "";
        const std::unique_ptr<X509, void (*)(X509*)> certificate{SSL_get1_peer_certificate(tls_.get()), X509_free};
        if (certificate) X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
        return name;
    }
    std::string protocol() const {
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(tls_.get(), &name, &size);
        return {reinterpret_cast<const char*>(name), size};
    }
    std::string version() const { return SSL_get_version(tls_.get()); }
    bool resumed() const noexcept { return SSL_session_reused(tls_.get()) == 1; }
    SSL* tls() const noexcept { return tls_.get(); }
    const std::string& trouble() const noexcept { return trouble_; }

private:
    static void check(bool fine) {
        if (!fine) throw std::runtime_error{"TlsSocket cannot be made like that"};
    }
    static SSL_CTX* make_context() {
        SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        return context;
    }

    /// Until it has worked, has failed, or the time is over; returns OpenSSL's word for it.
    template <class Call>
    int repeat(Call&& call, WaitClock::time_point deadline) {
        for (;;) {
            ERR_clear_error();
            const int result = call();
            if (result == 1) return SSL_ERROR_NONE;
            const int error = SSL_get_error(tls_.get(), result);
            const bool reads = error == SSL_ERROR_WANT_READ;
            if ((reads || error == SSL_ERROR_WANT_WRITE) && wait(reads ? POLLIN : POLLOUT, remaining(deadline))) continue;
            if (error == SSL_ERROR_SSL) {
                const char* const reason = ERR_reason_error_string(ERR_peek_error());
                trouble_ = reason != nullptr ? reason : "unknown";
            }
            return error;
        }
    }

    tls::Owned<SSL_CTX> context_{make_context()};
    tls::Owned<SSL> tls_;
    std::string trouble_;
};

}  // namespace kingbolt::test
