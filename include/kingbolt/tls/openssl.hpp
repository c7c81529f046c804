#pragma once
// TLS for the native transport, by OpenSSL 3. Link kingbolt::tls.
//
//     kb::transport::Native server{io, {.port = 9002}, kb::tls::OpenSsl{{.certificate_chain_file = "chain.pem",
//                                                                         .private_key_file = "key.pem"}}};
//     asio::signal_set renewed{io, SIGHUP};                 // and then: server.reload(); it throws when the new files are no good
//
// The handshake is computed in the loop, and takes most of a millisecond with an EC key, more with RSA: while a crowd reconnects, those who
// are connected wait between one handshake and the next. Several loops share the work (NativeOptions.reuse_port), and clients with a ticket
// of an earlier connection are spared the signature, which is what makes RSA dear. The hub's handshake deadline runs from the TCP
// connection, so that it covers the handshake of TLS too. An idle connection costs about 15 KB more than without TLS, all of it OpenSSL's.
//
// A write is reported by the record, 16 KiB: who takes less than one of them within a pong timeout takes nothing, as the hub sees it.

#include <kingbolt/concepts/secure_channel.hpp>
#include <kingbolt/policy/tls_options.hpp>
#include <kingbolt/tls/error.hpp>
#include <kingbolt/tls/owned.hpp>
#include <kingbolt/tls/server_context.hpp>
#include <kingbolt/tls/socket_bio.hpp>

#include <openssl/ssl.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <system_error>
#include <utility>

namespace kingbolt::tls {

/// An EncryptingChannel (concepts/secure_channel.hpp). Belongs to one thread. Copies share what the files held until one of them reloads:
/// for several loops, copy one, and a client may come back to any of them with its ticket.
class OpenSsl {
public:
    static constexpr bool encrypts = true;  ///< what SecureChannel asks

    class State {
        friend class OpenSsl;
        Owned<SSL> connection_;
    };

    /// Throws as `make_server_context`.
    explicit OpenSsl(TlsOptions options) : options_{std::move(options)}, context_{make_server_context(options_)} {}

    /// Likewise; then nothing has changed.
    void reload() { context_ = make_server_context(options_); }

    /// What EncryptingChannel asks; likewise `receive`, `send` and `finish`.
    void open(State& state, int socket) const {
        Owned<SSL> connection{SSL_new(context_.get())};
        if (!connection) throw std::bad_alloc{};
        BIO* const bio = make_socket_bio(socket);
        SSL_set_bio(connection.get(), bio, bio);
        SSL_set_accept_state(connection.get());
        state.connection_ = std::move(connection);
    }

    /// Likewise.
    static ChannelResult receive(State& state, std::span<char> into) noexcept {
        std::size_t bytes = 0;
        ERR_clear_error();
        let_read_once(SSL_get_rbio(state.connection_.get()));
        const int result = SSL_read_ex(state.connection_.get(), into.data(), into.size(), &bytes);
        return result == 1 ? ChannelResult{.bytes = bytes} : judge(state, result);
    }

    /// One call of OpenSSL's encrypts one record at most.
    static ChannelResult send(State& state, std::span<const char> bytes) noexcept {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            std::size_t more = 0;
            ERR_clear_error();
            const int result = SSL_write_ex(state.connection_.get(), bytes.data() + sent, bytes.size() - sent, &more);
            if (result != 1) {
                ChannelResult judged = judge(state, result);
                judged.bytes = sent;
                return judged;
            }
            sent += more;
        }
        return {.bytes = sent};
    }

    /// Likewise.
    static bool finish(State& state) noexcept {
        ERR_clear_error();
        const int result = SSL_shutdown(state.connection_.get());
        return result >= 0 || judge(state, result).status != ChannelResult::Status::blocked;
    }

private:
    static ChannelResult judge(const State& state, int result) noexcept {
        using Status = ChannelResult::Status;
        const std::error_code system{errno, std::system_category()};
        switch (SSL_get_error(state.connection_.get(), result)) {
        case SSL_ERROR_WANT_READ: return {.status = has_read_once(SSL_get_rbio(state.connection_.get())) ? Status::again : Status::blocked};
        case SSL_ERROR_WANT_WRITE: return {.status = Status::blocked};
        case SSL_ERROR_ZERO_RETURN: return {.status = Status::ended};
        case SSL_ERROR_SYSCALL: return {.status = Status::failed, .error = system};
        default: return {.status = Status::failed, .error = take_error()};
        }
    }

    TlsOptions options_;
    std::shared_ptr<SSL_CTX> context_;
};

static_assert(SecureChannel<OpenSsl>);

}  // namespace kingbolt::tls
