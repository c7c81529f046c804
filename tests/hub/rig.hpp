#pragma once
// A hub in a world, its facts written down and audited. `world.hpp` is the simulation's or the sockets', whichever folder the
// executable has on its include path: the tests under shared/ do not know which.

#include "hub/ledger.hpp"
#include "hub/roll.hpp"
#include "support/catch.hpp"
#include "world.hpp"

#include <kingbolt/hub.hpp>
#include <kingbolt/testing/journal.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::test {

/// When it is destroyed it ends every connection and checks that nothing is left of any.
template <class... Policies>
class Rig {
public:
    explicit Rig(World& w, Policies... policies)
        : world{w}, hub{world.transport(), world.clock(), Seed{1}, ledger, roll, journal, static_cast<Policies&&>(policies)...} {}
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    ~Rig() {
        if (std::uncaught_exceptions() != exceptions_) return;
        world.hang_up();
        for (const SessionId session : ledger.living()) hub.close(session);
        CHECK(until([this] { return hub.stats().sessions == 0; }));
        ledger.settle(hub.stats());
        CHECK(ledger.faults() == std::vector<std::string>{});
        world.check_nothing_left();
    }

    /// A client whose upgrade was accepted, as both sides see it.
    Client& open(testing::PeerOptions options = {}) {
        Client& client = world.connect(std::move(options));
        REQUIRE(until([&] { return client.is_open() && hub.find(id(client)) != nullptr; }));
        return client;
    }
    Client& subscriber(std::string_view topic) {
        Client& client = open();
        REQUIRE_FALSE(session(client).subscribe(topic));
        return client;
    }

    /// The hub's name for a client; null before it was accepted.
    SessionId id(const Client& client) const { return roll.id_of(client.remote()); }
    Session& session(const Client& client) {
        Session* found = hub.find(id(client));
        REQUIRE(found != nullptr);
        return *found;
    }

    bool until(const std::function<bool()>& condition) { return world.until(condition); }
    bool until_messages_in(std::uint64_t n) {
        return until([&] { return hub.stats().messages_in >= n; });
    }
    /// The end of a client's session, which must come, and the client must hear of it.
    event::Closed closed(const Client& client) {
        REQUIRE(until([&] { return roll.end_of(id(client)).has_value(); }));
        return *roll.end_of(id(client));
    }

    /// All that is on its way to the client, and what it has received before: a last message goes behind it.
    std::vector<std::string> texts(Client& client) {
        constexpr std::string_view last = "(this is the last)";
        hub.send(id(client), last);
        REQUIRE(until([&] { return !client.received().empty() && client.received().back().payload == last; }));
        std::vector<std::string> all;
        for (auto& message : client.take_messages()) all.push_back(std::move(message.payload));
        all.pop_back();
        return all;
    }

    World& world;
    testing::Journal journal;
    Ledger ledger;
    Roll roll;
    Hub<Transport, held_t<decltype(std::declval<World&>().clock())>, Seed, Ledger&, Roll&, testing::Journal&, Policies...> hub;

private:
    int exceptions_ = std::uncaught_exceptions();
};

template <class... Policies>
Rig(World&, Policies&&...) -> Rig<held_t<Policies&&>...>;

}  // namespace kingbolt::test
