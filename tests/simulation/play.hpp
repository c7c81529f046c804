#pragma once
// One seed's play: some thirty clients of every kind, random deeds and random faults, and at the end everything is audited.

#include "delivery_audit.hpp"
#include "hub/ledger.hpp"

#include <kingbolt/hub.hpp>
#include <kingbolt/testing/simulation.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt::test {

using namespace std::chrono_literals;

struct Outcome {
    std::vector<std::string> faults{};
    std::uint64_t trace = 0;
    std::uint64_t published = 0, received = 0, dropped = 0;
    std::set<Cause> causes{};  ///< of all ends
};

class Play {
public:
    explicit Play(std::uint64_t seed)
        : choose_{seed ^ 0x5EED},
          sim_{seed, {.send_buffer = 2_KiB << choose_.below(6), .max_message = 64_KiB}},
          outbox_{.max_bytes = 8_KiB, .max_messages = 32, .when_full = static_cast<WhenFull>(choose_.below(4))},
          audit_{{topics.begin(), topics.end()}, outbox_},
          hub_{sim_.transport(), sim_.clock(), Seed{sim_.seed()}, ledger_,
               audit_,           ends_,        keep_alive,        RateLimiter{.per_second = 50, .burst = 30},
               outbox_,          deadlines} {}

    Outcome run() {
        serve();
        sim_.faults(some_faults());
        for (int i = 0; i < 25; ++i) connect();
        for (int i = 0; i < 250; ++i) {
            do_something();
            sim_.run_for(choose_.up_to(50ms));
        }
        go_down();
        return {faults_, sim_.trace_hash(), audit_.published(), received_, hub_.stats().messages_dropped, ends_.seen};
    }

private:
    static constexpr std::array<const char*, 3> topics{"feed.a", "feed.b", "news"};
    static constexpr std::array<const char*, 5> patterns{"feed.a", "feed.b", "news", "feed.*", "*"};
    static constexpr KeepAlive keep_alive{.ping_interval = 1000ms, .pong_timeout = 500ms, .max_missed_pongs = 2};
    static constexpr Deadlines deadlines{.handshake = 1000ms, .close = 500ms};
    static constexpr DrainPlan drain{.deadline = 3000ms, .reconnects_per_second = 50};

    struct Ends {
        using slot = kingbolt::slot::observer;
        void operator()(const event::Closed& e) {
            seen.insert(e.cause);
            if (e.forced) forced.insert(e.session);
        }
        void operator()(const event::Drained&) { drained = true; }
        std::set<Cause> seen;
        std::set<SessionId> forced;
        bool drained = false;
    };

    static constexpr Duration longest_wakeup_delay = 20ms;

    testing::Faults some_faults() {
        return {.write_stall_probability = choose_.chance(0.3) ? 0.05 : 0,
                .longest_write_stall = 700ms,
                .partial_writes = choose_.chance(0.5),
                .partial_reads = choose_.chance(0.5),
                .reset_probability = choose_.chance(0.2) ? 0.002 : 0,
                .wakeup_delay = choose_.chance(0.5) ? longest_wakeup_delay : Duration{},
                .reorder_wakeups = choose_.chance(0.7)};
    }

    void connect() {
        using testing::Handshake;
        constexpr std::array rare{Handshake::silent, Handshake::half, Handshake::malformed, Handshake::plain_http};
        auto& peer = sim_.connect({.answers_pings = !choose_.chance(0.05),
                                   .answers_close = !choose_.chance(0.1),
                                   .latency = choose_.up_to(40ms),
                                   .latency_jitter = choose_.chance(0.3) ? 20ms : 0ms,
                                   .reads_per_second = choose_.chance(0.2) ? 500 << choose_.below(8) : testing::unlimited,
                                   .receive_buffer = 500U << choose_.below(8),
                                   .handshake = choose_.chance(0.1) ? rare[choose_.below(rare.size())] : Handshake::websocket,
                                   .target = choose_.chance(0.05) ? "/forbidden" : "/"});
        // The others would say it before their request, and that would be none any more.
        if (peer.options().handshake == Handshake::websocket) peer.send_text(std::string{"sub "} + one_of(patterns));
        peers_.push_back(&peer);
    }

    // What the application does: clients ask for everything with a text.
    void serve() {
        hub_.on_upgrade(
            [](const UpgradeRequest& request) { return request.path() == "/" ? UpgradeResponse::accept() : UpgradeResponse::refuse(403); });
        hub_.on_message([this](Session& session, Message message) {
            const std::string_view text = message.text();
            const auto argument = text.substr(std::min(text.find(' ') + 1, text.size()));
            if (text.starts_with("sub ")) session.subscribe(argument);
            if (text.starts_with("unsub ")) session.unsubscribe(argument);
            if (text.starts_with("pub ")) publish(std::string{argument});
            if (text == "boom") throw std::runtime_error{"the handler failed"};
            if (text == "bye") session.close(CloseCode::come_back, "as you wish");
            if (text == "hello") session.send("hello");
        });
    }

    void publish(const std::string& topic) {
        const std::size_t padding = choose_.chance(0.1) ? choose_.below(4000) : choose_.below(200);
        const std::uint64_t key = choose_.below(4);
        const auto build = [this, topic, key, padding](std::uint64_t sequence) {
            return audit_.publication(topic, sequence, key, padding);
        };
        hub_.publish(topic, build, {.key = key});
    }

    template <std::size_t N>
    const char* one_of(const std::array<const char*, N>& names) {
        return names[choose_.below(N)];
    }

    void do_something() {
        testing::Peer& peer = *peers_[choose_.below(peers_.size())];
        const auto deed = choose_.below(100);
        if (deed < 25) return publish(one_of(topics));
        if (deed < 30) return sim_.from_other_thread([&] { publish(one_of(topics)); });
        if (deed < 35) {
            for (auto n = choose_.below(60); n > 0; --n) publish(one_of(topics));
            return;
        }
        if (deed < 50) return peer.send_text(std::string{"pub "} + one_of(topics));
        if (deed < 58) return peer.send_text(std::string{"sub "} + one_of(patterns));
        if (deed < 62) return peer.send_text(std::string{"unsub "} + one_of(patterns));
        if (deed < 67) return connect();
        if (deed < 70) return peer.stop_reading();
        if (deed < 74) return peer.resume_reading();
        if (deed < 76) return peer.send_text("hello");
        if (deed < 78) return peer.ping("are you there?");
        if (deed < 80) return peer.close();
        if (deed < 82) return peer.vanish();
        if (deed < 84) return peer.reset();
        if (deed < 85) return peer.drop();
        if (deed < 86) return peer.violate_protocol();
        if (deed < 87) return peer.send_text("not UTF-8: \xFF");
        if (deed < 88) return peer.send_binary(std::string(65_KiB, 'x'));
        if (deed < 89) return peer.reset_at_byte(peer.bytes_received() + choose_.below(500));
        if (deed < 90) return peer.send_text("boom");
        if (deed < 91) return peer.send_text("bye");
        if (deed < 92) return hub_.close(peer.id(), CloseCode::come_back, "by the application");
        if (deed < 93) return sim_.from_other_thread([&] { hub_.close(peer.id()); });
        if (deed < 95) return hub_.send(peer.id(), "hello");
        if (deed < 96) {
            for (int n = 0; n < 40; ++n) peer.send_text("too much");
            return;
        }
        if (deed < 97) return sim_.freeze_loop(choose_.up_to(2500ms));
        if (deed < 98) return jump();
        return peer.answer_pings(choose_.chance(0.5));
    }

    void jump() {
        const bool back = choose_.chance(0.5);
        clock_stepped_back_ = clock_stepped_back_ || back;
        sim_.jump_clock(back ? -1h : 1h);
    }

    /// Takes what the hub may owe it, and answers its Close, well within the drain.
    static bool is_willing(const testing::Peer* peer) {
        const auto& options = peer->options();
        return peer->is_open() && peer->is_reading() && options.answers_close && options.reads_per_second == testing::unlimited &&
               options.receive_buffer >= 16'000;
    }

    void go_down() {
        sim_.run_for(2500ms);  // no freeze lasts longer
        std::vector<const testing::Peer*> willing;
        std::ranges::copy_if(peers_, std::back_inserter(willing), is_willing);
        const Duration begin = sim_.elapsed();
        hub_.drain(drain);
        if (!sim_.run_until([this] { return ends_.drained; }, 1min)) fault("the drain never ended");
        // The tick that cuts may come late, and so may the end of what it cut. After a step back the hub's clock is out of step
        // with its ticks by less than one.
        const Duration tolerance = 2 * longest_wakeup_delay + (clock_stepped_back_ ? 100ms : 0ms);
        const Duration late = sim_.elapsed() - begin - drain.deadline - tolerance;
        if (late > 0ms) fault("the drain missed its deadline by " + std::to_string(milliseconds(late)) + " ms");
        ledger_.settle(hub_.stats());
        if (sim_.live_connections() != 0) fault("connections are left");
        if (sim_.buffered_bytes() != 0) fault("bytes are left");
        if (!sim_.run_until_idle(24h) || sim_.pending_events() != 0) fault("events are left");
        for (const testing::Peer* peer : peers_) {
            audit_.check(*peer);
            received_ += peer->messages_received();
            for (const auto& violation : peer->violations()) check_violation(*peer, violation);
        }
        for (const testing::Peer* peer : willing) {
            if (ends_.forced.contains(peer->id())) fault(peer->remote() + " was cut off though it was willing to close");
        }
        for (const auto& wrong : ledger_.faults()) fault(wrong);
        for (const auto& wrong : audit_.faults()) fault(wrong);
    }

    // A transport that fails a connection for the peer's fault cannot finish the frame that it is writing.
    void check_violation(const testing::Peer& peer, const std::string& violation) {
        std::ostringstream text;
        text << "peer " << peer.id() << " saw " << violation;
        if (violation != "the stream ended inside a frame") fault(text.str());
    }
    void fault(std::string text) { faults_.push_back(std::move(text)); }

    testing::Random choose_;
    testing::Simulation sim_;
    Outbox outbox_;
    Ledger ledger_;
    DeliveryAudit audit_;
    Ends ends_;
    Hub<testing::SimulatedTransport, testing::ManualClock&, Seed, Ledger&, DeliveryAudit&, Ends&, KeepAlive, RateLimiter, Outbox, Deadlines>
        hub_;
    std::vector<testing::Peer*> peers_;
    std::vector<std::string> faults_;
    std::uint64_t received_ = 0;
    bool clock_stepped_back_ = false;
};

}  // namespace kingbolt::test
