#pragma once
// Channels on a hub of which the test says what its transport reports.

#include "hub/scripted/scripted_transport.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/protocol/json.hpp>
#include <kingbolt/testing/manual_clock.hpp>

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::test {

template <class... Policies>
struct ScriptedChannels {
    using Connection = ScriptedTransport::Connection;
    using TheHub = Hub<ScriptedTransport, testing::ManualClock&, Policies...>;
    using TheChannels = Channels<TheHub, protocol::Json>;

    explicit ScriptedChannels(ChannelOptions options, Policies... policies)
        : hub{transport, clock, static_cast<Policies&&>(policies)...},
          channels{std::make_unique<TheChannels>(hub, protocol::Json{}, std::move(options),
                                                 [] { return WallTime{std::chrono::milliseconds{5}}; })} {}

    void take_all(Connection& connection) {
        transport.end_turn();
        while (connection.in_flight > 0 && !connection.aborted) {
            transport.written(connection, connection.in_flight);
            transport.end_turn();
        }
    }
    void say(Connection& connection, std::initializer_list<std::string_view> messages) {
        transport.read(connection, messages);
        take_all(connection);
    }
    void tick(Duration after = std::chrono::milliseconds{100}) {
        clock.advance(after);
        transport.events->on_tick();
    }
    /// What other threads have posted.
    void run_tasks() {
        for (auto& task : std::exchange(transport.tasks, {})) task();
    }
    /// All frames that a connection was given, one behind the other.
    static std::string wire(const Connection& connection) {
        std::string all;
        for (const Frame& frame : connection.frames) all.append(reinterpret_cast<const char*>(frame.wire().data()), frame.wire().size());
        return all;
    }
    static bool has_heard(const Connection& connection, std::string_view words) {
        return wire(connection).find(words) != std::string::npos;
    }

    ScriptedTransport transport;
    testing::ManualClock clock;
    TheHub hub;
    std::unique_ptr<TheChannels> channels;
};

}  // namespace kingbolt::test
