#pragma once
// What carries a client's bytes: TCP here, TLS over TCP in kingbolt/client/tls.hpp.

#include <kingbolt/client/url.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt::client {

/// One read and one write at a time. Handlers are called later, on the stream's executor, and keep the stream alive.
class ByteStream {
public:
    /// Of a connect or a write.
    using Done = std::function<void(std::error_code)>;
    /// Of a read: how many bytes came.
    using Read = std::function<void(std::error_code, std::size_t)>;
    /// What a name was resolved to.
    using Endpoints = asio::ip::tcp::resolver::results_type;

    ByteStream() = default;
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;
    virtual ~ByteStream() = default;

    /// To the first endpoint that answers, and whatever has to be agreed on there.
    virtual void async_connect(const Endpoints& endpoints, Done done) = 0;
    /// Some bytes, as soon as there are any; an error at the end of the stream.
    virtual void async_read_some(std::span<char> into, Read done) = 0;
    /// All of it; the bytes stay where they are until `done`.
    virtual void async_write(std::string_view bytes, Done done) = 0;
    /// Ends what is on its way.
    virtual void close() noexcept = 0;
};

/// Makes the stream for one connection.
using StreamFactory = std::function<std::unique_ptr<ByteStream>(const asio::any_io_executor&, const Url&)>;

/// Plain TCP.
class TcpStream final : public ByteStream {
public:
    /// Not connected yet.
    explicit TcpStream(const asio::any_io_executor& executor) : socket_{executor} {}

    void async_connect(const Endpoints& endpoints, Done done) override {
        asio::async_connect(socket_, endpoints, [this, done = std::move(done)](std::error_code error, const asio::ip::tcp::endpoint&) {
            std::error_code ignored;
            if (!error) socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);  // messages are small and awaited
            done(error);
        });
    }
    /// As of ByteStream.
    void async_read_some(std::span<char> into, Read done) override {
        socket_.async_read_some(asio::buffer(into.data(), into.size()), std::move(done));
    }
    void async_write(std::string_view bytes, Done done) override {
        asio::async_write(socket_, asio::buffer(bytes), [done = std::move(done)](std::error_code error, std::size_t) { done(error); });
    }
    void close() noexcept override {
        std::error_code ignored;
        socket_.close(ignored);
    }

private:
    asio::ip::tcp::socket socket_;
};

}  // namespace kingbolt::client
