#pragma once
// wss: TLS by OpenSSL, through asio::ssl. Link OpenSSL::SSL beside kingbolt::client.
//
//     asio::ssl::context context{asio::ssl::context::tls_client};
//     context.set_default_verify_paths();
//     kb::Client client{io.get_executor(), {.url = "wss://hub.example.org/"}, kb::client::tls(context)};

#include <kingbolt/client/byte_stream.hpp>

#include <asio/ssl.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt::client {

/// TLS over TCP, for wss.
class TlsStream final : public ByteStream {
public:
    /// `host`: whose certificate it has to be. The context outlives the stream.
    TlsStream(const asio::any_io_executor& executor, asio::ssl::context& context, std::string host)
        : stream_{executor, context}, host_{std::move(host)} {}

    void async_connect(const Endpoints& endpoints, Done done) override {
        asio::async_connect(stream_.lowest_layer(), endpoints,
                            [this, done = std::move(done)](std::error_code error, const asio::ip::tcp::endpoint&) {
                                if (!error) error = prepare();
                                if (error) return done(error);
                                stream_.async_handshake(asio::ssl::stream_base::client, done);
                            });
    }
    /// As of ByteStream.
    void async_read_some(std::span<char> into, Read done) override {
        stream_.async_read_some(asio::buffer(into.data(), into.size()), std::move(done));
    }
    void async_write(std::string_view bytes, Done done) override {
        asio::async_write(stream_, asio::buffer(bytes), [done = std::move(done)](std::error_code error, std::size_t) { done(error); });
    }
    void close() noexcept override {
        std::error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

private:
    std::error_code prepare() {
        std::error_code error;
        stream_.lowest_layer().set_option(asio::ip::tcp::no_delay{true}, error);
        stream_.set_verify_mode(asio::ssl::verify_peer, error);
        if (!error) stream_.set_verify_callback(asio::ssl::host_name_verification{host_}, error);
        // An address is no name to be asked for (RFC 6066 §3).
        std::error_code no_address;
        asio::ip::make_address(host_, no_address);
        if (!error && no_address && SSL_set_tlsext_host_name(stream_.native_handle(), host_.c_str()) != 1)
            error = {static_cast<int>(ERR_get_error()), asio::error::get_ssl_category()};
        return error;
    }

    asio::ssl::stream<asio::ip::tcp::socket> stream_;
    std::string host_;
};

/// For a Client of a `wss` URL. The server has to show a certificate for the URL's host that `context` trusts. `context` outlives the
/// client.
inline StreamFactory tls(asio::ssl::context& context) {
    return [&context](const asio::any_io_executor& executor, const Url& url) {
        return std::make_unique<TlsStream>(executor, context, url.host);
    };
}

}  // namespace kingbolt::client
