#pragma once
// The smallest thing that can attach to a transport: it writes down what it is told, and does what a test tells it.

#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/testing/simulation.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kb = kingbolt;

class RecordingHub final : public kb::TransportEvents<kb::testing::SimulatedConnection> {
public:
    using Connection = kb::testing::SimulatedConnection;
    using Log = std::vector<std::string>;

    explicit RecordingHub(kb::testing::Simulation& sim) : sim_{sim} { sim_.transport().attach(*this); }
    ~RecordingHub() { sim_.transport().detach(); }
    RecordingHub(const RecordingHub&) = delete;
    RecordingHub& operator=(const RecordingHub&) = delete;

    /// What was reported since the last call; `on_bytes`, `on_read_end` and `on_tick` are only counted.
    Log take() { return std::exchange(log, {}); }
    Connection& connection(std::size_t n = 0) { return *connections.at(n); }

    static kb::Frame text(std::string_view payload) { return kb::Frame::encode(kb::Opcode::text, payload); }
    void write(std::string_view payload, std::size_t n = 0) { write(std::vector{text(payload)}, n); }
    void write(const std::vector<kb::Frame>& frames, std::size_t n = 0) {
        std::size_t size = 0;
        for (const kb::Frame& frame : frames) size += frame.wire().size();
        const std::size_t taken = connection(n).write(frames);
        if (taken > 0) note_written(taken, taken == size);
    }

    Log log;
    std::vector<Connection*> connections;  // by order of acceptance; a session's index is its place
    std::vector<kb::WireClosed> closed;
    std::vector<kb::TimePoint> ticks;
    std::vector<std::pair<std::size_t, bool>> written;
    std::size_t bytes_in = 0, byte_reports = 0, reads_over = 0;

    bool accepts = true;
    std::string refusal;  ///< what those hear who are not accepted
    std::function<kb::UpgradeResponse(const kb::UpgradeRequest&)> answer_upgrade = [](const auto&) {
        return kb::UpgradeResponse::accept();
    };
    std::function<kb::HttpResponse(const kb::HttpRequest&)> answer_request = [](const auto&) { return kb::HttpResponse{.body = "ok"}; };
    std::function<void(Connection&)> when_opened = [](auto&) {}, when_message = when_opened, when_ping = when_opened,
                                     when_close_received = when_opened, when_written = when_opened, when_closed = when_opened;
    std::function<void()> when_turn_ends = [] {}, when_ticking = [] {};

private:
    kb::Acceptance on_accepted(Connection& c, std::string remote) override {
        log.push_back("accepted " + remote);
        if (!accepts) return {.refusal = refusal};
        connections.push_back(&c);
        return {.session = {static_cast<std::uint32_t>(connections.size() - 1), 1}};
    }
    kb::UpgradeResponse on_upgrade(kb::SessionId, const kb::UpgradeRequest& request) override {
        log.push_back("upgrade " + request.target);
        return answer_upgrade(request);
    }
    kb::HttpResponse on_request(kb::SessionId, const kb::HttpRequest& request) override {
        log.push_back("request " + request.method + ' ' + request.target);
        return answer_request(request);
    }
    void on_opened(kb::SessionId id) override {
        log.emplace_back("opened");
        when_opened(connection(id.index));
    }
    void on_bytes(kb::SessionId, std::size_t bytes) override {
        bytes_in += bytes;
        ++byte_reports;
    }
    void on_message(kb::SessionId id, kb::Message message) override {
        log.push_back((message.is_text() ? "text " : "binary ") + std::string{message.text()});
        when_message(connection(id.index));
    }
    void on_ping(kb::SessionId id, std::string_view payload) override {
        log.push_back("ping " + std::string{payload});
        when_ping(connection(id.index));
    }
    void on_pong(kb::SessionId, std::string_view payload) override { log.push_back("pong " + std::string{payload}); }
    void on_close_received(kb::SessionId id, kb::CloseCode code, std::string_view reason) override {
        log.push_back("close_received " + std::to_string(static_cast<unsigned>(code)) + ' ' + std::string{reason});
        when_close_received(connection(id.index));
    }
    void on_read_end(kb::SessionId) override { ++reads_over; }
    void on_written(kb::SessionId id, std::size_t bytes, bool complete) override {
        note_written(bytes, complete);
        when_written(connection(id.index));
    }
    void on_closed(kb::SessionId id, const kb::WireClosed& how) override {
        log.push_back("closed " + std::string{kb::to_string(how.cause)});
        closed.push_back(how);
        when_closed(connection(id.index));
    }
    void on_turn_end() override {
        log.emplace_back("turn_end");
        when_turn_ends();
    }
    void on_tick() override {
        ticks.push_back(sim_.clock().now());
        when_ticking();
    }

    void note_written(std::size_t bytes, bool complete) {
        written.emplace_back(bytes, complete);
        if (complete) log.emplace_back("written");
    }

    kb::testing::Simulation& sim_;
};
