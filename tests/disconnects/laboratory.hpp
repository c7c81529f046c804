#pragma once
// A real hub on a real port, in a thread of its own, whose facts the test can wait for. The test's thread plays the client.

#include <kingbolt/engine/describe.hpp>
#include <kingbolt/engine/disconnect_patterns.hpp>
#include <kingbolt/hub.hpp>

#include "support/catch.hpp"
#include "support/ws_client.hpp"
#include "transport_under_test.hpp"

#include <asio/io_context.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace kingbolt::test {

namespace kb = kingbolt;

/// An observer that another thread can wait on.
class Notes {
public:
    using slot = kb::slot::observer;

    void operator()(const kb::event::Opened& e) {
        note([&] { opened_.push_back(e); });
    }
    void operator()(const kb::event::PongReceived&) {
        note([&] { ++pongs_; });
    }
    void operator()(const kb::event::MessageReceived&) {
        note([&] { ++messages_; });
    }
    void operator()(const kb::event::Closed& e) {
        note([&] { closed_.push_back(e); });
    }

    /// The n-th end, counted from 1; nothing when it did not come in time.
    std::optional<kb::event::Closed> closed(std::size_t n = 1) { return nth(closed_, n); }
    std::optional<kb::event::Opened> opened(std::size_t n = 1) { return nth(opened_, n); }
    bool closed_within(Patience timeout) {
        return wait([&] { return !closed_.empty(); }, timeout);
    }
    bool pongs(std::size_t n) {
        return wait([&] { return pongs_ >= n; });
    }
    bool messages(std::size_t n) {
        return wait([&] { return messages_ >= n; });
    }

private:
    template <class Change>
    void note(Change change) {
        {
            const std::lock_guard lock{mutex_};
            change();
        }
        changed_.notify_all();
    }
    template <class E>
    std::optional<E> nth(const std::vector<E>& events, std::size_t n) {
        std::unique_lock lock{mutex_};
        if (!changed_.wait_for(lock, patience, [&] { return events.size() >= n; })) return std::nullopt;
        return events[n - 1];
    }
    template <class Done>
    bool wait(Done done, Patience timeout = patience) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, timeout, done);
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<kb::event::Opened> opened_;
    std::vector<kb::event::Closed> closed_;
    std::size_t pongs_ = 0;
    std::size_t messages_ = 0;
};

/// An end and what is made of it.
struct End {
    explicit End(kb::event::Closed c) : closed{std::move(c)}, diagnosis{kb::diagnose(closed)} {
        story = kb::describe(closed) + "\n  " + diagnosis.summary;
        for (const auto& fact : diagnosis.evidence) story += "\n  - " + fact;
        story += "\n  cure: " + diagnosis.cure;
    }

    bool mentions(std::string_view words) const {
        return std::ranges::any_of(diagnosis.evidence, [words](const std::string& fact) { return fact.find(words) != std::string::npos; });
    }

    kb::event::Closed closed;
    kb::Diagnosis diagnosis;
    std::string story;  ///< for INFO: shown with a failure, and always by `-s`
};

template <class... Policies>
class Laboratory {
public:
    explicit Laboratory(TransportOptions options, Policies... policies)
        : server_{io_, std::move(options)}, hub{server_, std::move(policies)..., notes, patterns} {}
    explicit Laboratory(Policies... policies) : Laboratory{TransportOptions{}, std::move(policies)...} {}
    ~Laboratory() { stop(); }

    /// When the hub's callbacks have been set.
    void start() {
        loop_ = std::thread{[this] { io_.run(); }};
    }
    /// Afterwards the hub and the patterns belong to the test's thread.
    void stop() {
        io_.stop();
        if (loop_.joinable()) loop_.join();
    }
    std::uint16_t port() const { return server_.port(); }

    /// Waits for the n-th end.
    End end(std::size_t n = 1) {
        auto closed = notes.closed(n);
        REQUIRE(closed);
        return End{*std::move(closed)};
    }

private:
    asio::io_context io_;
    TransportUnderTest server_;

public:
    Notes notes;
    kb::DisconnectPatterns patterns;
    kb::Hub<TransportUnderTest, Policies..., Notes&, kb::DisconnectPatterns&> hub;

private:
    std::thread loop_;
};

}  // namespace kingbolt::test
