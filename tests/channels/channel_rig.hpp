#pragma once
// Channels on a hub in a world, and clients that speak the protocol by hand.

#include "hub/rig.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/protocol/json.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt::test {

using Texts = std::vector<std::string>;

/// What the wall clock of the tests says, in milliseconds since 1970.
inline constexpr std::int64_t noon = 1'764'158'400'000;

template <class... Policies>
struct ChannelRig {
    explicit ChannelRig(World& world, ChannelOptions options = {}, Policies... policies)
        : rig{world, static_cast<Policies&&>(policies)...}, channels{rig.hub, protocol::Json{}, with_epoch(std::move(options)), [] {
                                                                         return WallTime{std::chrono::milliseconds{noon}};
                                                                     }} {}

    Client& open(testing::PeerOptions options = {}) {
        options.subprotocols = {"kingbolt.v1.json"};
        return rig.open(std::move(options));
    }
    /// Sends `text`, and gives all that has come by the time it has been answered.
    Texts ask(Client& client, std::string_view text) {
        const auto before = rig.hub.stats().messages_in;
        client.send_text(text);
        REQUIRE(rig.until_messages_in(before + 1));
        return rig.texts(client);
    }
    /// Who subscribes and wants nothing of the past.
    Client& subscriber(std::string_view topic) {
        Client& client = open();
        ask(client, R"({"type":"subscribe","topic":")" + std::string{topic} + R"("})");
        return client;
    }
    void publish(std::string_view topic, int number) { CHECK_FALSE(channels.publish(topic, "n", std::to_string(number))); }

    static ChannelOptions with_epoch(ChannelOptions options) {
        if (options.epoch.empty()) options.epoch = "k";
        return options;
    }

    Rig<Policies...> rig;
    Channels<decltype(rig.hub), protocol::Json> channels;
};

/// As `publish(topic, number)` says it.
inline std::string event(std::string_view topic, int sequence, int number, std::string_view epoch = "k") {
    return R"({"type":"event","topic":")" + std::string{topic} + R"(","event":"n","epoch":")" + std::string{epoch} + R"(","seq":)" +
           std::to_string(sequence) + R"(,"ts":1764158400000,"data":)" + std::to_string(number) + "}";
}

}  // namespace kingbolt::test
