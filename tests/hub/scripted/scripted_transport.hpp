#pragma once
// A transport without bytes: the test reports what it likes, in the order it likes, and reads what the hub commanded. For what
// only an unusual order shows. It allocates nothing by itself once it is made, so that a test can let the hub's allocations fail.

#include <kingbolt/concepts/transport.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::test {

struct ScriptedTransport {
    /// What the hub commanded. The size of each batch is in `batches`; a write is in flight until the test reports it written.
    struct Connection {
        Connection() {
            frames.reserve(256);
            batches.reserve(256);
            reason.reserve(256);
        }

        void answer_upgrade(const UpgradeResponse& response) { answers.push_back(response); }
        std::size_t write(std::span<const Frame> batch) {
            misused = misused || in_flight > 0 || closed || aborted || batch.empty();
            for (const Frame& frame : batch) {
                frames.push_back(frame.compact());
                in_flight += frame.wire().size();
            }
            batches.push_back(in_flight);
            return 0;
        }
        void close(CloseCode with, std::string_view why) {
            misused = misused || closed || aborted;
            closed = true;
            code = with;
            reason = why;
        }
        void abort() noexcept { aborted = true; }
        void pause_reading() noexcept {}
        void resume_reading() noexcept {}
        std::optional<TcpEvidence> tcp_evidence() const noexcept { return std::nullopt; }
        std::size_t held_bytes() const noexcept { return 0; }

        /// Those of a bundle or run each for itself; control frames apart.
        std::size_t messages() const {
            std::size_t count = 0;
            for (const Frame& frame : frames) count += is_control(frame.opcode()) ? 0 : frame.messages();
            return count;
        }

        std::vector<UpgradeResponse> answers;  ///< to deferred upgrades
        std::vector<Frame> frames;
        std::vector<std::size_t> batches;
        std::size_t in_flight = 0;  ///< bytes of the write that has not been reported yet
        bool closed = false, aborted = false;
        bool misused = false;  ///< a command came that the contract does not allow
        CloseCode code{};
        std::string reason;
        SessionId id{};
    };

    void attach(TransportEvents<Connection>& e) { events = &e; }
    void detach() { events = nullptr; }
    void post(std::function<void()> task) { tasks.push_back(std::move(task)); }
    bool in_loop() const noexcept { return !elsewhere; }
    void end_turn_soon() noexcept { turn_end_wanted = true; }
    void tick_every(Duration period) noexcept { tick = period; }
    void stop_accepting() noexcept { listening = false; }
    std::size_t held_bytes() const noexcept { return 0; }

    // What the test reports.

    Connection& accept() {
        Connection& connection = connections.emplace_back();
        connection.id = events->on_accepted(connection, "10.0.0.1:" + std::to_string(connections.size())).session;
        return connection;
    }
    Connection& open() {
        Connection& connection = accept();
        events->on_upgrade(connection.id, {});
        events->on_opened(connection.id);
        return connection;
    }
    /// One read that brings `messages`.
    void read(Connection& connection, std::initializer_list<std::string_view> messages) {
        for (const std::string_view message : messages) events->on_message(connection.id, message);
        events->on_read_end(connection.id);
    }
    void end_turn() {
        while (std::exchange(turn_end_wanted, false)) events->on_turn_end();
    }
    void written(Connection& connection, std::size_t bytes) {
        connection.in_flight -= bytes;
        events->on_written(connection.id, bytes, connection.in_flight == 0);
    }
    void close(Connection& connection, WireClosed how = {}) { events->on_closed(connection.id, how); }

    TransportEvents<Connection>* events = nullptr;
    std::deque<Connection> connections;
    std::vector<std::function<void()>> tasks;
    Duration tick{};
    bool elsewhere = false;
    bool turn_end_wanted = false;
    bool listening = true;
};

static_assert(Transport<ScriptedTransport>);

}  // namespace kingbolt::test
