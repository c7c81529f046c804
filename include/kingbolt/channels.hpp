#pragma once
// Channels on a hub: topics with numbers, history, presence and retained values; publications of clients; calls. What is said is in
// docs/protocol.md, how it is written is the protocol's. An application with a protocol of its own leaves this out and pays nothing.
//
//     kb::Hub hub{server};
//     kb::Channels channels{hub, kb::protocol::Json{}};
//     channels.configure("agents.*", {.retain = true});
//     channels.method("time", [](const kb::Call& call) { call.reply(R"({"now":12})"); });
//     channels.publish("agents.7", "status", R"({"cpu":12.5})");

#include <kingbolt/channels/call.hpp>
#include <kingbolt/channels/call_desk.hpp>
#include <kingbolt/concepts/channel_protocol.hpp>
#include <kingbolt/core/identity.hpp>
#include <kingbolt/engine/channel_stats.hpp>
#include <kingbolt/engine/channel_topics.hpp>
#include <kingbolt/engine/hub_companion.hpp>
#include <kingbolt/engine/presence.hpp>
#include <kingbolt/engine/random.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/policy/channel_options.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace kingbolt {

/// A client's session as the protocol writes it.
inline std::string session_name(SessionId session) { return std::to_string(session.index) + '-' + std::to_string(session.generation); }

/// Lives as long as the hub at most. It takes the hub's on_upgrade and on_message for itself; an application that has other protocols
/// beside sets them again, and hands on what is for the channels with `accept` and `receive`. The hub's loop only, where nothing else is
/// said.
template <class H, ChannelProtocol Protocol>
class Channels final : private engine::HubCompanion {
public:
    /// What clients call. It answers through the Call, now or later.
    using Method = std::function<void(Call)>;

    /// `wall_clock` gives events their time. Throws InvalidOption.
    Channels(H& hub, Protocol protocol, ChannelOptions options = {}, std::function<WallTime()> wall_clock = std::chrono::system_clock::now);
    ~Channels();
    Channels(const Channels&) = delete;
    Channels& operator=(const Channels&) = delete;

    /// For a topic, or for all under a pattern that have no options of their own. Throws InvalidOption.
    void configure(std::string_view topic, ChannelTopicOptions options);

    /// Any thread. `data` is one value of the protocol, and is sent as it is. Errors as of Hub::publish.
    std::error_code publish(std::string_view topic, std::string_view event, std::string_view data, PublishOptions options = {});

    /// What clients may call by that name. An exception of the method answers `internal`, and is told as event::HandlerFailed. A second one
    /// of the same name takes its place.
    void method(std::string name, Method method) {
        methods_.insert_or_assign(std::move(name), std::make_shared<const Method>(std::move(method)));
    }

    /// Nothing more will be published there: numbers, history and the retained value go. Should the topic come back, its epoch is another.
    void forget(std::string_view topic);

    /// Accepts the upgrade, with the protocol's name if it was offered.
    UpgradeResponse accept(const UpgradeRequest& request) const;
    /// A message for the channels, where the application has taken on_message for itself.
    void receive(Session& session, Message message);

    /// Topics of which something is kept.
    std::size_t topics() const noexcept { return topics_.size(); }
    /// Any thread.
    ChannelStats stats() const noexcept { return counters_.snapshot(); }

private:
    struct Answer {
        channel::Subscribed result;
        std::vector<Frame> frames;
    };

    void on_published(std::string_view topic, const Frame& frame, TimePoint now) noexcept override;
    std::string farewell(SessionId session, CloseCode code, std::string_view reason) noexcept override;
    void on_unsubscribed(SessionId session, std::string_view topic) noexcept override { presence_.leave(topic, session); }
    void on_no_longer_permitted(Session& session, std::string_view topic) override;
    void on_gone(SessionId session) noexcept override;
    void on_tick(TimePoint now) noexcept override;

    void obey(Session& session, channel::Hello& hello);
    void obey(Session& session, channel::Subscribe& subscribe);
    void obey(Session& session, channel::Unsubscribe& unsubscribe);
    void obey(Session& session, channel::Publish& publish);
    void obey(Session& session, channel::CallMethod& call);
    void obey(Session& session, channel::Cancel& cancel);
    void obey(Session& session, channel::Refresh& refresh);
    void obey(Session& session, channel::Ping& ping);
    void obey(Session& session, channel::Failure& failure);

    void welcome(Session& session, const std::vector<channel::Wish>& wishes);
    channel::Subscribed subscribe(Session& session, const channel::Wish& wish, std::vector<Frame>& frames);
    template <class Write>
    void answer(Session& session, const std::vector<channel::Wish>& wishes, std::vector<channel::Subscribed>& results,
                std::vector<Frame> frames, Write write);
    static channel::Subscribed refused(const channel::Wish& wish, const char* code) { return {.topic = wish.topic, .error = code}; }
    void count(const std::vector<channel::Subscribed>& results) noexcept;
    void join(Session& session, const channel::Wish& wish);
    void must_hear(Session& session, const Frame& frame);
    void fail(Session& session, channel::RequestId id, std::string_view code, std::string_view message, bool retry = false) {
        session.send(protocol_.failure({.id = id, .code = std::string{code}, .message = std::string{message}, .retry = retry}));
    }
    void fail(Session& session, channel::RequestId id, std::error_code error);
    void send_to(SessionId session, const std::string& text) {
        if (Session* found = hub_.find(session)) found->send(text);
    }
    std::int64_t wall_ms() const { return std::chrono::duration_cast<std::chrono::milliseconds>(wall_clock_().time_since_epoch()).count(); }
    static std::string draw_epoch();

    // What Presence asks for.
    auto write_presence() const {
        return [this](std::string_view topic, const engine::Presence::Changes& changes) {
            return Frame::encode(Opcode::text, std::string_view{protocol_.presence_changed(topic, changes.joined, changes.left)});
        };
    }
    auto tell_presence() {
        return [this](const std::vector<SessionId>& watchers, const Frame& frame) {
            for (const SessionId watcher : watchers)
                if (Session* found = hub_.find(watcher)) must_hear(*found, frame);
        };
    }

    /// Whether the hub lets a topic's numbers begin anew. Hubs that are linked have them in common, and never do.
    auto forgetting() {
        return [this](std::string_view topic) {
            if constexpr (H::is_linked)
                return false;
            else
                return hub_.forget_topic(topic);
        };
    }

    /// What writes events, also on another hub's loop when these channels have gone.
    struct Script {
        Protocol protocol;
        const std::string epoch;
    };

    H& hub_;
    ChannelOptions options_;
    std::function<WallTime()> wall_clock_;
    std::shared_ptr<Script> script_;
    Protocol& protocol_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  ///< what is called later looks whether these are still there
    engine::ChannelTopics topics_;
    engine::ChannelCounters counters_;
    engine::Presence presence_;
    detail::CallDesk calls_;
    std::map<std::string, std::shared_ptr<const Method>, std::less<>> methods_;  ///< shared with the call that may replace it
    std::map<SessionId, unsigned> malformed_;                                    ///< messages in a row, of the few that sent any
};

template <class H, class P>
Channels(H&, P) -> Channels<H, P>;
template <class H, class P, class... More>
Channels(H&, P, ChannelOptions, More...) -> Channels<H, P>;

}  // namespace kingbolt

#include <kingbolt/channels/requests.hpp>
#include <kingbolt/channels/subscriptions.hpp>
#include <kingbolt/channels/topics.hpp>
