#pragma once
// Channels: what clients ask for, subscriptions apart. Included by channels.hpp, at its end.

#include <kingbolt/channels.hpp>
#include <kingbolt/channels/failure_code.hpp>

#include <algorithm>
#include <exception>

namespace kingbolt {

template <class H, ChannelProtocol P>
UpgradeResponse Channels<H, P>::accept(const UpgradeRequest& request) const {
    const bool offered = std::ranges::find(request.subprotocols, P::subprotocol) != request.subprotocols.end();
    return UpgradeResponse::accept(offered ? std::string{P::subprotocol} : std::string{});
}

template <class H, ChannelProtocol P>
void Channels<H, P>::receive(Session& session, Message message) {
    channel::Request request = protocol_.read(message);
    if (!malformed_.empty() && !std::holds_alternative<channel::Failure>(request)) malformed_.erase(session.id());
    std::visit([&](auto& wanted) { obey(session, wanted); }, request);
}

template <class H, ChannelProtocol P>
void Channels<H, P>::fail(Session& session, channel::RequestId id, std::error_code error) {
    const char* const code = detail::failure_code(error);
    fail(session, id, code, error.message(), detail::may_retry(code));
}

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::Failure& failure) {
    // Counted before: who is cut for it has gone then, and is forgotten.
    const bool is_too_much = failure.malformed && ++malformed_[session.id()] >= options_.max_malformed;
    session.send(protocol_.failure(failure));
    if (is_too_much) session.close(CloseCode::invalid_payload, "too many messages that cannot be read");
}

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::Publish& publish) {
    if (!engine::is_topic(publish.topic)) return fail(session, publish.id, Errc::bad_topic);
    if (!topics_.options(publish.topic).client_publish || !session.permits(Action::publish, publish.topic))
        return fail(session, publish.id, Errc::not_permitted);
    std::uint64_t number = 0;
    std::string epoch;  // a copy: what is told meanwhile may lead to a publication, for which this topic has to go
    std::error_code error;
    if constexpr (H::is_linked) {
        error = this->publish(publish.topic, publish.event, publish.data);
    } else {
        error = hub_.publish(publish.topic, [&](std::uint64_t sequence) {
            epoch = topics_.epoch_of(publish.topic, forgetting());
            number = sequence;
            return protocol_.event({publish.topic, publish.event, epoch, sequence, wall_ms(), publish.data});
        });
    }
    if (error) return fail(session, publish.id, error);
    if (!publish.id) return;
    session.send(H::is_linked ? protocol_.done(publish.id) : protocol_.published(publish.id, epoch, number));
}

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::CallMethod& call) {
    const SessionId client = session.id();
    const std::uint64_t id = call.id;
    if (!session.permits(Action::call, call.method)) return fail(session, id, Errc::not_permitted);
    const auto found = methods_.find(call.method);
    if (found == methods_.end()) return fail(session, id, "unknown_method", "there is no such method");
    const auto method = found->second;  // it may register another in its place
    if (calls_.has(client, id)) return fail(session, id, "duplicate_id", "a call of that id has no answer yet");
    if (calls_.calls_of(client) >= options_.max_calls) return fail(session, id, "too_many_calls", "others have to be answered first", true);

    const Duration time = std::min(call.deadline.value_or(options_.max_deadline), options_.max_deadline);
    const auto pending = calls_.open(client, id, hub_.loop_time() + time,
                                     {.answer =
                                          [this, client, id](std::string_view data, std::optional<Duration> age) {
                                              calls_.close(client, id);
                                              send_to(client, protocol_.answer(id, data, age));
                                          },
                                      .fail =
                                          [this, client, id](channel::Failure failure) {
                                              calls_.close(client, id);
                                              failure.id = id;
                                              send_to(client, protocol_.failure(failure));
                                          }});
    const Call handle{pending, client, std::move(call.method), std::string{call.params}};
    const auto failed = [&](std::string_view what) {
        hub_.tell_of_failure(client, what);
        handle.fail("internal", "the method failed", true);
    };
    try {
        (*method)(handle);
    } catch (const std::exception& error) {
        failed(error.what());
    } catch (...) {
        failed("an exception that is not a std::exception");
    }
}

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::Cancel& cancel) {
    calls_.give_up(session.id(), cancel.id, "cancelled", "as asked", false);
}

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::Refresh& refresh) {
    session.refresh(refresh.token, [this, alive = std::weak_ptr{alive_}, client = session.id(), id = refresh.id](std::error_code error) {
        if (alive.expired()) return;
        Session* const found = hub_.find(client);
        if (found == nullptr) return;
        if (error) return fail(*found, id, error);
        found->send(protocol_.done(id));
    });
}

template <class H, ChannelProtocol P>
void Channels<H, P>::obey(Session& session, channel::Ping& ping) {
    session.send(protocol_.time(ping.id, wall_ms()));
}

}  // namespace kingbolt
