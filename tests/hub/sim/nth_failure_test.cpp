// A whole conversation, in which the N-th thing goes wrong, for every N. The rig's ledger holds the invariants.

#include "hub/rig.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

/// A chat of three: greetings, broadcasts with numbers, an echo, pings both ways, a close by the client. `victim` is the second.
struct Conversation {
    template <class R>
    explicit Conversation(R& rig, const std::function<void()>& callback) {
        rig.hub.on_upgrade([=](const kb::UpgradeRequest&) {
            callback();
            return kb::UpgradeResponse::accept();
        });
        rig.hub.on_open([=, &rig](kb::Session& session) {
            callback();
            session.subscribe("room");
            session.send("welcome");
            rig.hub.publish("room", [](std::uint64_t n) { return "#" + std::to_string(n) + " somebody came"; });
        });
        rig.hub.on_message([=, &rig](kb::Session& from, kb::Message message) {
            callback();
            from.send(message);
            rig.hub.publish("room", [&](std::uint64_t n) { return "#" + std::to_string(n) + ' ' + std::string{message.text()}; });
            callback();
        });
        for (int i = 0; i < 3; ++i) {
            clients.push_back(&rig.world.connect());
            rig.world.run_for(5ms);
        }
    }
    template <class R>
    void go_on(R& rig) {
        for (int i = 0; i < 3; ++i) {
            for (Client* client : clients) client->send_text(std::string(200, 'm'));
            victim().ping("are you there?");
            rig.world.run_for(400ms);
        }
        victim().close();
        rig.world.run_for(1s);
    }
    Client& victim() { return *clients[1]; }

    std::vector<Client*> clients;
};

/// "#7 text" is number 7; what has no number is skipped. Numbers must rise.
void check_numbers(const Client& client) {
    std::uint64_t last = 0;
    for (const auto& message : client.received()) {
        if (!message.payload.starts_with('#')) continue;
        const std::uint64_t number = std::stoull(message.payload.substr(1));
        CHECK(number == (last == 0 ? number : last + 1));
        last = number;
    }
}

constexpr kb::KeepAlive quick{.ping_interval = 300ms, .pong_timeout = 200ms};

}  // namespace

TEST_CASE("the connection is reset at the n-th byte of the server's output, for every n") {
    std::size_t total = 0;
    for (std::size_t n = 0; total == 0 || n <= total; ++n) {
        CAPTURE(n);
        World world;
        Rig rig{world, quick};
        Conversation conversation{rig, [] {}};
        conversation.victim().reset_at_byte(n == 0 ? std::size_t(-1) : n);
        conversation.go_on(rig);
        if (n == 0) total = conversation.victim().bytes_received();

        const auto end = rig.roll.end_of(rig.id(conversation.victim()));
        REQUIRE(end);
        if (n > 0 && n < total) CHECK((end->cause == kb::Cause::reset_by_peer || end->cause == kb::Cause::client_close));
        for (std::size_t i = 0; i < 3; ++i) check_numbers(*conversation.clients[i]);
        // The two others have heard everything.
        CHECK(conversation.clients[0]->is_open());
        CHECK(conversation.clients[2]->is_open());
        CHECK(rig.texts(*conversation.clients[2]).size() >= 3 + 6);
    }
    CHECK(total > 1000);
}

TEST_CASE("the n-th call of a callback throws, for every n") {
    int total = 0;
    for (int n = 0; n == 0 || n <= total; ++n) {
        CAPTURE(n);
        World world;
        Rig rig{world, quick};
        int calls = 0;
        Conversation conversation{rig, [&] {
                                      if (++calls == n) throw std::runtime_error{"the n-th"};
                                  }};
        conversation.go_on(rig);
        if (n == 0) total = calls;

        CHECK(rig.hub.stats().handler_errors == (n == 0 ? 0 : 1));
        std::size_t failed = 0;
        for (const auto& closed : rig.journal.template of<kb::event::Closed>()) {
            if (closed.cause != kb::Cause::handler_error) continue;
            ++failed;
            CHECK(closed.detail == "the n-th");
        }
        CHECK(failed == (n == 0 ? 0 : 1));
        for (const Client* client : conversation.clients) check_numbers(*client);
    }
    CHECK(total > 20);
}

TEST_CASE("a client goes away at the n-th millisecond, for every n and in every way") {
    for (int way = 0; way < 4; ++way) {
        for (int n = 0; n < 60; ++n) {
            CAPTURE(way, n);
            World world;
            Rig rig{world, quick, kb::Deadlines{.handshake = 1s, .close = 300ms}};
            Conversation conversation{rig, [] {}};
            Client& client = rig.world.connect({.latency = 3ms});
            for (int ms = 0; ms < n; ++ms) {
                if (ms % 10 == 5) client.send_text("x");
                world.run_for(1ms);
            }
            switch (way) {
            case 0: client.drop(); break;
            case 1: client.reset(); break;
            case 2: client.vanish(); break;
            default: client.close(); break;
            }
            conversation.go_on(rig);
            CHECK(rig.until([&] { return !rig.id(client) || rig.roll.end_of(rig.id(client)).has_value(); }));
            check_numbers(*conversation.clients[0]);
        }
    }
}

TEST_CASE("the hub drains at the n-th millisecond of a conversation, for every n") {
    for (int n = 0; n < 60; ++n) {
        CAPTURE(n);
        World world;
        Rig rig{world, quick};
        Conversation conversation{rig, [] {}};
        Client& client = rig.world.connect({.latency = 3ms});
        conversation.clients[0]->send_text("x");
        for (int ms = 0; ms < n; ++ms) {
            if (ms % 10 == 5) client.send_text("x");
            world.run_for(1ms);
        }
        rig.hub.drain({.deadline = 1s});
        REQUIRE(rig.until([&] { return rig.journal.template count<kb::event::Drained>() == 1; }));
        CHECK(rig.journal.template of<kb::event::Drained>()[0].forced == 0);
    }
}
