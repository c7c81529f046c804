#pragma once
// One listening port of transport::Native: its loop, its connections, and what they share.

#include <kingbolt/transport/detail/listener.hpp>
#include <kingbolt/transport/detail/turns.hpp>
#include <kingbolt/transport/native/connection.hpp>
#include <kingbolt/transport/native/poller.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace kingbolt::transport::native {

template <Compression C, SecureChannel S>
class Server final : public detail::Turns<Connection<C, S>> {
    using Turns = detail::Turns<Connection<C, S>>;

public:
    using Turns::events, Turns::io;
    using typename Turns::Events;

    /// Throws std::system_error.
    Server(asio::io_context& loop, const detail::ListenOptions& listen, const engine::FrameRules& rules, C compression, S channel)
        : Turns{loop},
          rules_{rules},
          compression_{std::move(compression)},
          channel_{std::move(channel)},
          poller_{loop},
          linger_alarm_{loop},
          listener_{std::make_shared<detail::Listener>(loop, listen)} {}

    std::uint16_t port() const noexcept { return listener_->port(); }

    void start(Events& hub) {
        Turns::attach(hub);
        wait();
        listener_->start(
            [this](detail::Descriptor socket, const detail::Endpoint& remote) { accept(std::move(socket), to_string(remote)); });
    }
    void stop_accepting() noexcept {
        listener_->close();
        let_go_if_done();
    }
    /// Closes every socket and reports nothing any more.
    void stop() {
        listener_->close();
        Turns::detach();
        poller_.close();
        linger_alarm_.cancel();
        lingering_.clear();
        waiting_.clear();
        calling_.clear();
        next_call_ = 0;
        for (const auto& connection : connections_) connection->drop();
        // One of them may be in the middle of telling something, and stop twice.
        if (gone_.empty()) gone_ = std::exchange(connections_, {});
        if (!in_turn_) gone_.clear();
    }

    // For the connections.

    /// Bytes are read in one turn, and what is left of them is kept elsewhere: one buffer does for all.
    std::span<char> read_buffer() noexcept { return read_buffer_; }
    const engine::FrameRules& rules() const noexcept { return rules_; }
    C& compression() noexcept { return compression_; }
    S& channel() noexcept { return channel_; }
    /// Room for one message at a time, as it was before it was compressed.
    std::string& inflated() noexcept { return inflated_; }
    /// Where small pieces are put together before they are sent.
    std::span<char> write_buffer() noexcept { return write_buffer_; }
    /// Room for one write at a time, compressed.
    std::vector<Frame>& deflated() noexcept { return deflated_; }

    /// While this lives the connection may read; what it holds afterwards is counted.
    auto count_held(const Connection<C, S>& connection) noexcept {
        struct Count {
            Server& server;
            const Connection<C, S>& connection;
            std::size_t before = connection.held_bytes();
            ~Count() { server.held_bytes_ += connection.held_bytes() - before; }  // modulo 2^64, so that it may shrink
        };
        return Count{*this, connection};
    }
    std::size_t held_bytes() const noexcept { return held_bytes_; }

    /// Nothing that happens to it is told any more.
    void forget_socket(int socket) noexcept { poller_.remove(socket); }

    /// Calls it once in a later turn: to go on or, when it has ended, to be told so and destroyed. Cannot fail.
    void call_soon(Connection<C, S>& connection) noexcept {
        if (events() == nullptr || std::exchange(connection.waits_for_turn_, true)) return;
        waiting_.push_back(&connection);  // there is room for all
        if (!in_turn_) post_call();
    }

    /// Ends it when the peer has not by then.
    typename std::list<Connection<C, S>*>::iterator linger(Connection<C, S>& connection) {
        const auto place = lingering_.insert(lingering_.end(), &connection);
        if (!std::exchange(linger_awaited_, true)) await_linger();
        return place;
    }
    void forget_linger(typename std::list<Connection<C, S>*>::iterator place) noexcept { lingering_.erase(place); }

    /// Those who were not let in are sent away with an answer, unless there are too many of them.
    bool may_linger() const noexcept { return lingering_.size() < most_lingering; }

    /// How long a peer may take to end after us.
    static constexpr std::chrono::seconds longest_linger{1};

private:
    static constexpr std::size_t most_lingering = 1024;

    using Clock = std::chrono::steady_clock;

    // Each may read 64 KiB, and in frames of one byte these take more than half a millisecond. However many send more than they are read,
    // those who send little wait for no more than this.
    static constexpr std::chrono::milliseconds longest_calls{2};

    std::shared_ptr<Server> self() { return std::static_pointer_cast<Server>(this->shared_from_this()); }

    void accept(detail::Descriptor socket, const std::string& remote) {
        // Afterwards neither queue can need memory.
        if (connections_.size() == connections_.capacity()) connections_.reserve(connections_.empty() ? 16 : connections_.size() * 2);
        waiting_.reserve(connections_.capacity());
        calling_.reserve(connections_.capacity());
        const int fd = socket.get();
        connections_.push_back(std::make_unique<Connection<C, S>>(*this, std::move(socket), remote));
        Connection<C, S>& connection = *connections_.back();
        connection.place_ = static_cast<std::uint32_t>(connections_.size() - 1);
        if (poller_.add(fd, &connection)) return remove(connection);
        // Those who wait have a turn of their own: many may be accepted in a row.
        turn([&connection] { connection.start(); }, std::chrono::milliseconds{0});
    }

    void remove(Connection<C, S>& connection) noexcept {
        held_bytes_ -= connection.held_bytes();
        const std::size_t place = connection.place_;
        connections_.back()->place_ = connection.place_;
        std::swap(connections_[place], connections_.back());
        connections_.pop_back();
        let_go_if_done();
    }

    /// A transport that accepts no more and has nobody left lets io_context::run() return.
    void let_go_if_done() noexcept {
        if (!connections_.empty() || listener_->is_open()) return;
        poller_.close();
        linger_alarm_.cancel();
    }

    void wait() {
        poller_.async_wait(detail::InPlace{poll_slot_, [self = self()](const std::error_code& error) {
                                               if (error || self->events() == nullptr) return;
                                               self->serve();
                                           }});
    }

    /// Where several connections have news, more comes while they are served, and to ask for it at once saves Asio's way of waiting, which
    /// is two system calls longer. One with news is most often alone. After a few turns the loop's other handlers have theirs.
    void serve() {
        static constexpr int most_turns = 4;
        const struct Waiting {
            Server& server;
            ~Waiting() {
                if (server.poller_.is_open()) server.wait();
            }
        } however_it_ends{*this};
        for (int turns = 0; turns < most_turns; ++turns)
            if (dispatch() <= 1 || events() == nullptr || !poller_.is_open()) break;
    }

    /// A turn; how many connections had news.
    int dispatch() {
        int news = 0;
        turn([&] {
            news = poller_.collect([this](const Poller::Event& event) {
                static_cast<Connection<C, S>*>(event.owner())->on_ready(event.readable(), event.writable(), event.peer_is_through());
                return events() != nullptr;
            });
        });
        return news;
    }

    /// Whatever enters from outside: its connections' calls, and the end of the hub's turn, follow in the same handler.
    template <class Work>
    void turn(Work&& work, std::chrono::milliseconds for_calls = longest_calls) {
        this->entered();
        this->hold_turn();
        in_turn_ = true;
        work();
        call_waiting(for_calls);
        in_turn_ = false;
        gone_.clear();
        // What these calls have asked for has a turn of its own.
        if (!waiting_.empty() || next_call_ < calling_.size()) post_call();
        this->release_turn();
    }

    /// Those of one round, as many as fit into that time: the others keep their places, and in between what is new has its turn.
    void call_waiting(std::chrono::milliseconds time) {
        if (next_call_ == calling_.size()) {
            calling_.clear();
            next_call_ = 0;
            std::swap(waiting_, calling_);
        }
        if (calling_.empty()) return;
        for (const auto until = Clock::now() + time; next_call_ < calling_.size() && Clock::now() < until;) {
            Connection<C, S>* const connection = calling_[next_call_++];
            connection->waits_for_turn_ = false;
            if (!connection->has_ended()) {
                connection->carry_on();
                continue;
            }
            connection->report_end();
            if (events() != nullptr) remove(*connection);
        }
    }

    void post_call() noexcept {
        if (std::exchange(call_posted_, true)) return;
        asio::post(io(), detail::InPlace{call_slot_, [self = self()] {
                                             self->call_posted_ = false;
                                             self->turn([] {});
                                         }});
    }

    void await_linger();

    engine::FrameRules rules_;
    [[no_unique_address]] C compression_;
    [[no_unique_address]] S channel_;
    std::string inflated_;
    std::vector<Frame> deflated_;
    Poller poller_;
    detail::Alarm linger_alarm_;
    std::shared_ptr<detail::Listener> listener_;
    std::vector<std::unique_ptr<Connection<C, S>>> connections_, gone_;
    std::vector<Connection<C, S>*> waiting_, calling_;
    std::size_t next_call_ = 0;  // in `calling_`
    std::list<Connection<C, S>*> lingering_;
    detail::Slot poll_slot_, call_slot_, linger_slot_;
    std::size_t held_bytes_ = 0;  ///< by all connections
    bool linger_awaited_ = false;
    bool in_turn_ = false;
    bool call_posted_ = false;
    std::array<char, 64 * 1024> read_buffer_;
    std::array<char, 16 * 1024> write_buffer_;
};

}  // namespace kingbolt::transport::native
