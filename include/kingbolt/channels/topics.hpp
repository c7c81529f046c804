#pragma once
// Channels: how they are made, what is published, and what the hub reports. Included by channels.hpp, at its end.

#include <kingbolt/channels.hpp>

#include <kingbolt/system_seed.hpp>

#include <stdexcept>

namespace kingbolt {

template <class H, ChannelProtocol P>
Channels<H, P>::Channels(H& hub, P protocol, ChannelOptions options, std::function<WallTime()> wall_clock)
    : hub_{hub},
      options_{(options.validate(), std::move(options))},
      wall_clock_{std::move(wall_clock)},
      script_{std::make_shared<Script>(Script{std::move(protocol), options_.epoch.empty() ? draw_epoch() : options_.epoch})},
      protocol_{script_->protocol},
      topics_{options_, script_->epoch} {
    hub_.accompany(this);
    hub_.on_upgrade([this](const UpgradeRequest& request) { return accept(request); });
    hub_.on_message([this](Session& session, Message message) { receive(session, message); });
}

template <class H, ChannelProtocol P>
Channels<H, P>::~Channels() {
    hub_.accompany(nullptr);
    hub_.on_upgrade({});
    hub_.on_message({});
    calls_.leave_all();
    calls_.tell_cancelled();
}

/// 40 bits: two servers that draw the same are not met in practice, and would have to have the same numbers as well.
template <class H, ChannelProtocol P>
std::string Channels<H, P>::draw_epoch() {
    engine::Random random{detail::seed_or_device(Seed{})};
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
    std::string epoch;
    for (int i = 0; i < 8; ++i) epoch += digits[random.below(digits.size())];
    return epoch;
}

template <class H, ChannelProtocol P>
void Channels<H, P>::configure(std::string_view topic, ChannelTopicOptions options) {
    if (!engine::is_subscribable(topic))
        throw InvalidOption{"topic", std::string{topic.substr(0, 64)}, "1 to 255 bytes, `*` only as the last level",
                            "name a topic or a pattern such as `agents.*`"};
    if (options.history) options.history->validate();
    topics_.configure(topic, options);
}

template <class H, ChannelProtocol P>
std::error_code Channels<H, P>::publish(std::string_view topic, std::string_view event, std::string_view data, PublishOptions options) {
    if (!engine::is_topic(topic)) return Errc::bad_topic;
    if constexpr (H::is_linked) {
        // On the loop of whichever hub, when this one may have gone: nothing but what never changes.
        return hub_.publish(
            topic,
            [script = script_, topic = std::string{topic}, event = std::string{event}, data = std::string{data},
             ts = wall_ms()](std::uint64_t sequence) {
                return script->protocol.event({topic, event, script->epoch, sequence, ts, data});
            },
            options);
    } else {
        if (hub_.in_loop()) {
            return hub_.publish(
                topic,
                [&](std::uint64_t sequence) {
                    return protocol_.event({topic, event, topics_.epoch_of(topic, forgetting()), sequence, wall_ms(), data});
                },
                options);
        }
        return hub_.publish(
            topic,
            [this, alive = std::weak_ptr{alive_}, topic = std::string{topic}, event = std::string{event}, data = std::string{data},
             ts = wall_ms()](std::uint64_t sequence) {
                if (alive.expired()) throw std::runtime_error{"the channels went before this was published: " + topic};
                return protocol_.event({topic, event, topics_.epoch_of(topic, forgetting()), sequence, ts, data});
            },
            options);
    }
}

template <class H, ChannelProtocol P>
void Channels<H, P>::forget(std::string_view topic) {
    if (!topics_.forget(topic, forgetting())) topics_.forget_past(topic);
}

template <class H, ChannelProtocol P>
void Channels<H, P>::on_published(std::string_view topic, const Frame& frame, TimePoint now) noexcept {
    try {
        topics_.add(topic, frame, now);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the hole in its numbers tells that the past before it is lost
    }
}

template <class H, ChannelProtocol P>
std::string Channels<H, P>::farewell(SessionId session, CloseCode code, std::string_view reason) noexcept {
    try {
        const Session* const found = hub_.find(session);
        if (found == nullptr || (!found->subprotocol().empty() && found->subprotocol() != P::subprotocol)) return {};
        // engine::close_reason wrote it, or the application.
        constexpr std::string_view mark = " after_ms=";
        const auto at = reason.find(mark);
        std::uint32_t after = 0;
        const bool knows_when = at != std::string_view::npos &&
                                std::from_chars(reason.data() + at + mark.size(), reason.data() + reason.size(), after).ec == std::errc{};
        if (!knows_when) return protocol_.bye({.code = code, .reason = reason});
        return protocol_.bye({.code = code, .reason = reason.substr(0, at), .after = std::chrono::milliseconds{after}});
    } catch (const std::bad_alloc&) {
        return {};  // the Close frame says the same
    }
}

template <class H, ChannelProtocol P>
void Channels<H, P>::on_gone(SessionId session) noexcept {
    malformed_.erase(session);
    presence_.leave_all(session);
    calls_.leave(session);
}

template <class H, ChannelProtocol P>
void Channels<H, P>::on_tick(TimePoint now) noexcept {
    counters_.topics.set(topics_.size());
    try {
        topics_.expire(now);
        calls_.tell_cancelled();
        calls_.give_up_late(now);
        presence_.for_each_change(write_presence(), tell_presence());
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): at the next tick
    }
}

}  // namespace kingbolt
