#pragma once
// Channels: subscriptions, what was missed, and who is there. Included by channels.hpp, at its end.

#include <kingbolt/channels.hpp>
#include <kingbolt/channels/failure_code.hpp>

#include <cstddef>
#include <set>

namespace kingbolt {

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::Hello& hello) {
    if (hello.wishes.size() > options_.max_subscriptions_in_hello)
        return fail(session, {}, "bad_message",
                    "\"subs\" has more than " + std::to_string(options_.max_subscriptions_in_hello) + " elements");
    // A hub without an Authenticator has no use for a token.
    if (!hello.token || session.identity() == nullptr) return welcome(session, hello.wishes);
    session.refresh(*hello.token,
                    [this, alive = std::weak_ptr{alive_}, client = session.id(), wishes = std::move(hello.wishes)](std::error_code error) {
                        if (alive.expired()) return;
                        Session* const found = hub_.find(client);
                        if (found == nullptr) return;
                        if (error) return fail(*found, {}, error);
                        welcome(*found, wishes);
                    });
}

template <class H, ChannelProtocol P>
void Channels<H, P>::welcome(Session& session, const std::vector<channel::Wish>& wishes) {
    std::vector<channel::Subscribed> results;
    std::vector<Frame> frames;
    results.reserve(wishes.size());
    // One pattern costs as much as there are topics under it. Named many times, a small message would ask for a lot of work.
    std::set<std::string_view> named;
    for (const channel::Wish& wish : wishes)
        results.push_back(named.insert(wish.topic).second ? subscribe(session, wish, frames) : refused(wish, "bad_topic"));
    answer(session, wishes, results, std::move(frames), [&](const std::vector<channel::Subscribed>& all) {
        return protocol_.welcome(session_name(session.id()), wall_ms(), milliseconds(options_.ping_interval), all);
    });
    for (std::size_t i = 0; i < wishes.size(); ++i)
        if (results[i].error.empty()) join(session, wishes[i]);
}

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::Subscribe& wanted) {
    std::vector<Frame> frames;
    std::vector<channel::Subscribed> results;
    results.push_back(subscribe(session, wanted.wish, frames));
    const channel::Subscribed& result = results.front();
    const auto failure = [&](channel::RequestId id, const std::string& topic) {
        return protocol_.failure({.id = id,
                                  .code = result.error,
                                  .message = "cannot subscribe to it",
                                  .retry = detail::may_retry(result.error),
                                  .topic = topic});
    };
    if (!result.error.empty()) {
        session.send(failure(wanted.id, {}));
        return;
    }
    answer(session, {wanted.wish}, results, std::move(frames), [&](const std::vector<channel::Subscribed>& all) {
        return result.error.empty() ? protocol_.subscribed(wanted.id, all.front()) : failure(wanted.id, {});
    });
    if (result.error.empty()) return join(session, wanted.wish);
    // Nor to what it was subscribed to before.
    must_hear(session, Frame::encode(Opcode::text, std::string_view{failure({}, result.topic)}));
}

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::Unsubscribe& wanted) {
    session.unsubscribe(wanted.topic);
    session.send(protocol_.done(wanted.id));
}

/// What follows for the session is put behind `frames`. From here on it hears what is published: both in one go, so that nothing comes
/// between.
template <class H, ChannelProtocol P>
channel::Subscribed Channels<H, P>::subscribe(Session& session, const channel::Wish& wish, std::vector<Frame>& frames) {
    if (!engine::is_subscribable(wish.topic)) return refused(wish, "bad_topic");
    if (wish.presence && (engine::is_pattern(wish.topic) || !topics_.options(wish.topic).presence)) return refused(wish, "no_presence");
    if (const std::error_code error = session.subscribe(wish.topic)) return refused(wish, detail::failure_code(error));
    channel::Subscribed result = topics_.subscribe(wish, hub_.loop_time(), frames);
    result.conflated = hub_.when_full(wish.topic) == WhenFull::conflate;
    return result;
}

/// All that was missed, or an honest word: never a part of it.
template <class H, ChannelProtocol P>
template <class Write>
void Channels<H, P>::answer(Session& session, const std::vector<channel::Wish>& wishes, std::vector<channel::Subscribed>& results,
                            std::vector<Frame> frames, Write write) {
    const auto send = [&] {
        const std::string text = write(results);
        frames.insert(frames.begin(), Frame::encode(Opcode::text, std::string_view{text}));
        return hub_.send_all(session, frames) != Errc::queue_full;
    };
    if (send()) return count(results);
    frames.clear();
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!results[i].error.empty()) continue;
        const bool conflated = results[i].conflated;
        const bool recovering = results[i].recovered.has_value();
        results[i] = topics_.start_anew(wishes[i], frames);
        results[i].conflated = conflated;
        if (!recovering) results[i].recovered.reset();
    }
    count(results);
    if (send()) return;
    frames.clear();  // without even what is retained
    if (send()) return;
    // Patterns have a position for each of their topics. Who has no room for the rest is too slow.
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!results[i].is_pattern) continue;
        session.unsubscribe(wishes[i].topic);
        results[i] = refused(wishes[i], "queue_full");
    }
    const std::string text = write(results);
    must_hear(session, Frame::encode(Opcode::text, std::string_view{text}));
}

template <class H, ChannelProtocol P>
void Channels<H, P>::count(const std::vector<channel::Subscribed>& results) noexcept {
    for (const channel::Subscribed& result : results)
        if (result.recovered) (*result.recovered ? counters_.history_hits : counters_.history_misses).add();
}

template <class H, ChannelProtocol P>
void Channels<H, P>::join(Session& session, const channel::Wish& wish) {
    if (engine::is_pattern(wish.topic) || !topics_.options(wish.topic).presence || hub_.find(session.id()) == nullptr) return;
    const Identity* const who = session.identity();
    presence_.join(wish.topic, session.id(), {session_name(session.id()), who != nullptr ? who->subject : std::string{}});
    if (!wish.presence) return presence_.unwatch(wish.topic, session.id());
    // Those who watched before are told what has changed up to here; who watches from here on begins with the state as it is.
    presence_.changes_of(wish.topic, write_presence(), tell_presence());
    if (hub_.find(session.id()) == nullptr) return;
    session.send(protocol_.present(wish.topic, presence_.members(wish.topic)));
    presence_.watch(wish.topic, session.id());
}

template <class H, ChannelProtocol P>
void Channels<H, P>::on_no_longer_permitted(Session& session, std::string_view topic) {
    const std::string text = protocol_.failure(
        {.code = "not_permitted", .message = "the new token does not permit this subscription", .topic = std::string{topic}});
    must_hear(session, Frame::encode(Opcode::text, std::string_view{text}));
}

/// Who cannot be told what it would not learn otherwise has to begin afresh.
template <class H, ChannelProtocol P>
void Channels<H, P>::must_hear(Session& session, const Frame& frame) {
    try {
        if (hub_.send_all(session, {&frame, 1}) == Errc::queue_full) session.close(CloseCode::slow_consumer);
    } catch (const std::bad_alloc&) {
        session.close(CloseCode::internal_error);
    }
}

}  // namespace kingbolt
