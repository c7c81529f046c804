// Boost.Beast: a queue of shared messages per connection and one `async_write` at a time, as a Beast stream wants it. Without the
// extension for compression and without type-erased executors, which would only cost.
//
//     peer_beast PORT fanout|echo

#include "bench/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;
using Text = std::shared_ptr<const std::string>;

class Session;

struct Hub {
    bench::Mode mode;
    std::unordered_set<Session*> subscribers;
};

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(Socket socket, Hub& hub) : stream_{std::move(socket)}, hub_{hub} {}
    ~Session() { hub_.subscribers.erase(this); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start() {
        using Request = beast::http::request<beast::http::empty_body>;
        auto request = std::make_shared<Request>();
        auto on_upgraded = [self = shared_from_this(), request](beast::error_code error) {
            if (error) return;
            if (request->target() != "/publish") self->hub_.subscribers.insert(self.get());
            self->read();
        };
        auto on_request = [self = shared_from_this(), request, on_upgraded](beast::error_code error, std::size_t) {
            if (!error) self->stream_.async_accept(*request, on_upgraded);
        };
        beast::http::async_read(stream_.next_layer(), buffer_, *request, on_request);
    }

private:
    // [session]
    void read() {
        stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (error) return;
            self->handle(std::make_shared<const std::string>(beast::buffers_to_string(self->buffer_.data())));
            self->buffer_.consume(self->buffer_.size());
            self->read();
        });
    }

    void handle(const Text& text) {
        if (hub_.mode == bench::Mode::echo)
            send(text);
        else
            for (Session* subscriber : hub_.subscribers) subscriber->send(text);
    }

    void send(const Text& text) {
        queue_.push_back(text);
        if (queue_.size() == 1) write();
    }

    void write() {
        stream_.async_write(asio::buffer(*queue_.front()), [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (error) return;
            self->queue_.pop_front();
            if (!self->queue_.empty()) self->write();
        });
    }
    // [session]

    beast::websocket::stream<Socket, false> stream_;
    Hub& hub_;
    beast::flat_buffer buffer_;
    std::deque<Text> queue_;
};

void accept(Acceptor& acceptor, Hub& hub) {
    acceptor.async_accept([&](beast::error_code error, Socket socket) {
        if (!error) {
            socket.set_option(Tcp::no_delay{true});
            std::make_shared<Session>(std::move(socket), hub)->start();
        }
        accept(acceptor, hub);
    });
}

}  // namespace

int main(int argc, char** argv) {
    bench::allow_many_sockets();
    const auto arguments = bench::server_arguments(argc, argv);
    Hub hub{arguments.mode, {}};
    asio::io_context io{1};
    Acceptor acceptor{io, {asio::ip::address_v4::loopback(), arguments.port}};
    acceptor.listen(1024);
    accept(acceptor, hub);
    bench::announce_port(acceptor.local_endpoint().port());
    io.run();
}
