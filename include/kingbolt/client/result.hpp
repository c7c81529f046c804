#pragma once
// What a publication or a call comes back with.

#include <kingbolt/client/fact.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt::client {

/// The error code for a word of the protocol; `request_refused` for one that has none.
inline std::error_code error_of(std::string_view code) {
    constexpr std::array<std::pair<std::string_view, Errc>, 17> table{{
        {"connection_lost", Errc::connection_lost},
        {"closed", Errc::client_stopped},
        {"queue_full", Errc::queue_full},
        {"bad_json", Errc::bad_json},
        {"bad_topic", Errc::bad_topic},
        {"cancelled", Errc::call_cancelled},
        {"deadline_exceeded", Errc::call_timeout},
        {"timeout", Errc::call_timeout},
        {"call_failed", Errc::call_failed},
        {"breaker_open", Errc::breaker_open},
        {"rate_limited", Errc::rate_limited},
        {"bulkhead_full", Errc::bulkhead_full},
        {"too_many_calls", Errc::bulkhead_full},
        {"not_permitted", Errc::not_permitted},
        {"bad_credentials", Errc::bad_credentials},
        {"too_many_subscriptions", Errc::too_many_subscriptions},
        {"draining", Errc::draining},
    }};
    for (const auto& [word, error] : table)
        if (word == code) return error;
    return Errc::request_refused;
}

/// What `async_publish` completes with.
struct PublishResult {
    std::error_code error{};             ///< none: the server has published it
    Failure failure{};                   ///< what the error is in detail
    std::optional<std::string> epoch{};  ///< the event is in the history, with this and `seq`; none where several hubs are linked
    std::optional<std::uint64_t> seq{};

    explicit operator bool() const noexcept { return !error; }
};

/// What `async_call` completes with.
struct CallResult {
    std::error_code error{};  ///< none: there is an answer
    Failure failure{};        ///< what the error is in detail
    std::string data{};       ///< JSON
    bool stale = false;       ///< the last good answer, `age` old, because a live one could not be had
    Duration age{};

    explicit operator bool() const noexcept { return !error; }
};

/// What an answer says of a publication.
inline void fill(PublishResult& result, const Answer& answer) {
    result.epoch = answer.epoch;
    result.seq = answer.seq;
}
/// What it says of a call.
inline void fill(CallResult& result, const Answer& answer) {
    result.data = answer.data;
    result.stale = answer.stale;
    result.age = answer.age;
}

/// An answer as a publication or a call comes back with it.
template <class Result>
Result result_of(const Answer& answer) {
    Result result;
    if (answer.failure) {
        result.error = error_of(answer.failure->code);
        result.failure = *answer.failure;
    } else {
        fill(result, answer);
    }
    return result;
}

}  // namespace kingbolt::client
