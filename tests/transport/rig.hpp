#pragma once
// A transport with its loop on a thread of its own, and a recorder in the hub's place. Tests speak to it as clients over real
// sockets, and wait for facts with a deadline.

#include "support/catch.hpp"
#include "support/ws_client.hpp"
#include "transport_under_test.hpp"

#include <asio/io_context.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace kingbolt::test {

using Connection = TransportUnderTest::Connection;

/// Writes down what the transport reports, one line a fact: `0 text hello`. Connections are numbered from 0.
/// It also watches the contract: breaches are lines that begin with `breach`.
class Recorder final : public TransportEvents<Connection> {
public:
    // What to answer, and what to do then; all on the loop's thread.
    std::function<UpgradeResponse(const UpgradeRequest&)> upgrade = [](const UpgradeRequest&) { return UpgradeResponse::accept(); };
    std::function<HttpResponse(const HttpRequest&)> request = [](const HttpRequest&) { return HttpResponse{}; };
    std::function<bool(Connection&)> accepted = [](Connection&) { return true; };
    std::string refusal{};  ///< what those are told who are not accepted
    std::function<void(Connection&)> opened = [](Connection&) {};
    std::function<void(Connection&, Message)> message = [](Connection&, Message) {};
    std::function<void(Connection&)> read_over = [](Connection&) {};
    std::function<void(Connection&)> close_received = [](Connection&) {};
    std::function<void(Connection&)> closed = [](Connection&) {};
    std::function<void()> turn_ended = [] {};
    std::function<void()> ticked = [] {};

    /// Waits until `predicate` holds of the recorder, which is locked meanwhile.
    template <class Predicate>
    bool wait(Predicate predicate, Patience timeout = patience) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, timeout, [&] { return predicate(); });
    }
    bool wait_for(std::string_view line, Patience timeout = patience) {
        return wait([&] { return std::ranges::find(lines_, line) != lines_.end(); }, timeout);
    }
    std::vector<std::string> lines() const {
        const std::lock_guard lock{mutex_};
        return lines_;
    }
    std::size_t count(std::string_view line) const {
        const std::lock_guard lock{mutex_};
        return static_cast<std::size_t>(std::ranges::count(lines_, line));
    }
    /// How connection `index` ended; waits for it.
    WireClosed how(std::uint32_t index = 0) {
        WireClosed found;
        const bool there = wait([&] { return hows_.contains(index); });
        const std::lock_guard lock{mutex_};
        if (there) found = hows_.at(index);
        if (!there) found.detail = "not closed in time";
        return found;
    }
    std::size_t bytes(std::uint32_t index = 0) const { return at(bytes_, index); }
    std::size_t written(std::uint32_t index = 0) const { return at(written_, index); }
    std::size_t completed(std::uint32_t index = 0) const { return at(completed_, index); }
    std::size_t reports(std::uint32_t index = 0) const { return at(reports_, index); }

    /// Calls a command the way the hub does; anything reported from inside is a breach of rule 2. Nothing once it has closed.
    void command(std::uint32_t index, const std::function<void(Connection&)>& task) {
        const auto found = connections_.find(index);
        if (found == connections_.end()) return;
        in_command_ = true;
        task(*found->second);
        in_command_ = false;
    }

    /// A write as the hub does it: what the kernel takes at once counts as well.
    void write(Connection& connection, std::span<const Frame> frames) {
        const auto found = std::ranges::find(connections_, &connection, [](const auto& entry) { return entry.second; });
        std::size_t size = 0;
        for (const Frame& frame : frames) size += frame.wire().size();
        const std::size_t taken = connection.write(frames);
        const std::lock_guard lock{mutex_};
        written_[found->first] += taken;
        completed_[found->first] += taken == size ? 1U : 0U;
    }

private:
    Acceptance on_accepted(Connection& connection, std::string remote) override {
        const auto index = static_cast<std::uint32_t>(next_++);
        connections_[index] = &connection;
        add(index, "accepted " + remote.substr(0, remote.rfind(':')));
        if (accepted(connection)) return {.session = {index, 1}};
        connections_.erase(index);
        return {.refusal = refusal};
    }
    UpgradeResponse on_upgrade(SessionId session, const UpgradeRequest& request_) override {
        add(session.index, "upgrade " + request_.target);
        return upgrade(request_);
    }
    HttpResponse on_request(SessionId session, const HttpRequest& request_) override {
        add(session.index, "request " + request_.method + ' ' + request_.target);
        return request(request_);
    }
    void on_opened(SessionId session) override {
        add(session.index, "opened");
        opened(*connections_.at(session.index));
    }
    void on_bytes(SessionId session, std::size_t bytes) override {
        watch(session.index);
        const std::lock_guard lock{mutex_};
        bytes_[session.index] += bytes;
        changed_.notify_all();
    }
    void on_message(SessionId session, Message m) override {
        add(session.index, (m.is_text() ? "text " : "binary ") + short_form(m.text()));
        message(*connections_.at(session.index), m);
    }
    void on_ping(SessionId session, std::string_view payload) override { add(session.index, "ping " + std::string{payload}); }
    void on_pong(SessionId session, std::string_view payload) override { add(session.index, "pong " + std::string{payload}); }
    void on_close_received(SessionId session, CloseCode code, std::string_view reason) override {
        add(session.index, "close " + std::to_string(static_cast<int>(code)) + ' ' + std::string{reason});
        close_received(*connections_.at(session.index));
    }
    void on_read_end(SessionId session) override {
        watch(session.index);
        read_over(*connections_.at(session.index));
    }
    void on_written(SessionId session, std::size_t bytes, bool complete) override {
        watch(session.index);
        const std::lock_guard lock{mutex_};
        written_[session.index] += bytes;
        reports_[session.index] += 1;
        completed_[session.index] += complete ? 1U : 0U;
        changed_.notify_all();
    }
    void on_closed(SessionId session, const WireClosed& how) override {
        closed(*connections_.at(session.index));
        add(session.index, "closed " + std::string{to_string(how.cause)});
        connections_.erase(session.index);
        // Last: who waits for it looks at the lines next.
        const std::lock_guard lock{mutex_};
        hows_[session.index] = how;
        changed_.notify_all();
    }
    void on_turn_end() override { turn_ended(); }
    void on_tick() override { ticked(); }

    static std::string short_form(std::string_view text) {
        return text.size() <= 60 ? std::string{text} : std::to_string(text.size()) + " bytes";
    }
    std::size_t at(const std::map<std::uint32_t, std::size_t>& map, std::uint32_t index) const {
        const std::lock_guard lock{mutex_};
        const auto found = map.find(index);
        return found == map.end() ? 0 : found->second;
    }
    void watch(std::uint32_t index) {
        if (in_command_) breach(index, "an event from inside a command");
        if (!connections_.contains(index)) breach(index, "an event after closed");
    }
    void breach(std::uint32_t index, const std::string& what) {
        const std::lock_guard lock{mutex_};
        lines_.push_back("breach " + std::to_string(index) + ": " + what);
    }
    void add(std::uint32_t index, const std::string& what) {
        watch(index);
        const std::lock_guard lock{mutex_};
        lines_.push_back(std::to_string(index) + ' ' + what);
        changed_.notify_all();
    }

    // The loop's own.
    std::map<std::uint32_t, Connection*> connections_;
    std::size_t next_ = 0;
    bool in_command_ = false;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
    std::map<std::uint32_t, WireClosed> hows_;
    std::map<std::uint32_t, std::size_t> bytes_, written_, completed_, reports_;
};

class Rig {
public:
    /// `more` is what this transport takes behind its options.
    template <class... More>
    explicit Rig(TransportOptions options = {}, const std::function<void(Recorder&)>& set_up = {}, More&&... more)
        : transport{io, std::move(options), std::forward<More>(more)...} {
        if (set_up) set_up(recorder);
        transport.attach(recorder);
        loop_ = std::thread{[this] { io.run(); }};
    }
    /// Lets go of the transport, and expects its loop to come to an end by itself.
    ~Rig() {
        const auto breaches = [&] {
            auto lines = recorder.lines();
            std::erase_if(lines, [](const std::string& line) { return !line.starts_with("breach"); });
            return lines;
        };
        transport.post([this] {
            transport.tick_every({});
            transport.detach();
        });
        loop_.join();
        CHECK(breaches() == std::vector<std::string>{});
    }

    std::uint16_t port() const { return transport.port(); }

    /// Runs on the loop; returns when it has run. Catch2's assertions belong to the test's thread, so that none may be in it.
    void in_loop(const std::function<void()>& task) {
        std::promise<void> done;
        transport.post([&] {
            task();
            done.set_value();
        });
        REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
    }
    void command(std::uint32_t index, const std::function<void(Connection&)>& task) {
        in_loop([&] { recorder.command(index, task); });
    }

    /// What the kernel says of a connection; all zero when nothing.
    TcpEvidence evidence(std::uint32_t index = 0) {
        TcpEvidence found;
        command(index, [&](Connection& connection) { found = connection.tcp_evidence().value_or(TcpEvidence{}); });
        return found;
    }

    /// A client whose upgrade the hub has heard of, too: commands may follow.
    WsClient open(SocketOptions options = {}) {
        const auto opened = [&] {
            return std::ranges::count_if(recorder.lines(), [](const auto& line) { return line.ends_with(" opened"); });
        };
        const auto before = opened();
        auto client = WsClient::open(port(), {}, options);
        REQUIRE(recorder.wait_for(std::to_string(before) + " opened"));
        return client;
    }

    asio::io_context io;
    TransportUnderTest transport;
    Recorder recorder;

private:
    std::thread loop_;
};

/// Echoes as a hub would, without flow control.
inline void echo(Recorder& recorder) {
    recorder.message = [](Connection& connection, Message message) {
        const Frame frame = Frame::encode(message.opcode(), message.bytes());
        connection.write({&frame, 1});
    };
}

}  // namespace kingbolt::test
