#pragma once
// A transport without sockets: what the hub writes is counted and taken as sent. It leaves the hub's own
// work and nothing else.

#include <kingbolt/concepts/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

namespace kb = kingbolt;

/// A kb::Transport. The benchmark is its loop: `tick`, `turn`, `answer_pings`.
class NullTransport {
public:
    class Connection {
    public:
        void answer_upgrade(const kb::UpgradeResponse&) {}
        std::size_t write(std::span<const kb::Frame> frames);
        void close(kb::CloseCode, std::string_view) { closing_ = true; }
        void abort() { closing_ = true; }
        void pause_reading() {}
        void resume_reading() {}
        std::optional<kb::TcpEvidence> tcp_evidence() const { return std::nullopt; }
        std::size_t held_bytes() const { return 0; }

        kb::SessionId session() const noexcept { return session_; }
        bool closing() const noexcept { return closing_; }

    private:
        friend class NullTransport;
        NullTransport* owner_ = nullptr;
        kb::SessionId session_{};
        bool closing_ = false;
    };

    void attach(kb::TransportEvents<Connection>& events) { events_ = &events; }
    void detach() { events_ = nullptr; }
    void post(std::function<void()> task) { task(); }
    bool in_loop() const { return true; }
    void end_turn_soon() { turn_ends_ = true; }
    void tick_every(kb::Duration) {}
    void stop_accepting() {}
    std::size_t held_bytes() const { return 0; }

    /// Connects and upgrades one more client. Its remote address is as long as a real one.
    Connection& connect() {
        Connection& connection = connections_.emplace_back();
        connection.owner_ = this;
        connection.session_ = events_->on_accepted(connection, "127.0.0.1:40000").session;
        events_->on_upgrade(connection.session_, request_);
        events_->on_opened(connection.session_);
        return connection;
    }

    void receive(Connection& connection, kb::Message message) {
        events_->on_bytes(connection.session_, message.size() + 6);
        events_->on_message(connection.session_, message);
    }

    void tick() { events_->on_tick(); }

    /// Ends the loop's turn, as often as the hub asks for it.
    void turn() {
        while (std::exchange(turn_ends_, false)) events_->on_turn_end();
    }

    /// Lets the client of every ping written since the last call answer it.
    void answer_pings() {
        for (const auto& [session, ping] : pings_) {
            events_->on_bytes(session, ping.wire().size() + 4);
            const auto payload = ping.payload();
            events_->on_pong(session, {reinterpret_cast<const char*>(payload.data()), payload.size()});
        }
        pings_.clear();
    }
    std::size_t unanswered_pings() const noexcept { return pings_.size(); }

    std::uint64_t messages_written() const noexcept { return messages_written_; }

private:
    kb::TransportEvents<Connection>* events_ = nullptr;
    std::deque<Connection> connections_;
    std::vector<std::pair<kb::SessionId, kb::Frame>> pings_;
    kb::UpgradeRequest request_{{.method = "GET", .target = "/"}, {}};
    std::uint64_t messages_written_ = 0;
    bool turn_ends_ = false;
};

inline std::size_t NullTransport::Connection::write(std::span<const kb::Frame> frames) {
    std::size_t bytes = 0;
    for (const kb::Frame& frame : frames) {
        bytes += frame.wire().size();
        owner_->messages_written_ += frame.messages();
        if (frame.opcode() == kb::Opcode::ping) owner_->pings_.emplace_back(session_, frame);
    }
    return bytes;
}

static_assert(kb::Transport<NullTransport>);

}  // namespace bench
