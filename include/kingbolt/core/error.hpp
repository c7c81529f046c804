#pragma once
// Two kinds of trouble. What production must expect (a full queue, a session that has just gone) is a std::error_code of `Errc`;
// what only a programmer can get wrong (an option out of its range) is an `InvalidOption`, thrown at construction.

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt {

/// Expected failures of kingbolt's own calls.
enum class Errc {
    session_gone = 1,        ///< the session has ended, or its close has been decided
    draining,                ///< the hub is draining and takes nothing new
    queue_full,              ///< the session's outbox refused the message
    backlog_full,            ///< another hub on the backplane is too far behind to take more
    breaker_open,            ///< a circuit breaker let the call not pass
    rate_limited,            ///< the caller's own limit let the call not pass
    bulkhead_full,           ///< too many calls are on their way
    call_timeout,            ///< the call did not answer in time
    call_failed,             ///< the call failed, and its error is no std::error_code
    call_cancelled,          ///< the caller did not wait for the answer
    bad_credentials,         ///< they do not show who the client is, or they are another's
    not_permitted,           ///< the client may not do this
    too_many_subscriptions,  ///< the client has as many as it may
    bad_topic,               ///< empty, longer than 255 bytes, with a control character, or with a `*` that is not a whole last level
    connection_lost,         ///< before the answer came: what became of the request is not known
    client_stopped,          ///< the client is stopped, or was before the answer came
    request_refused,         ///< the server's answer is an error that has no code here
    bad_json,                ///< what was given is not JSON
};

/// Portable classes of failure: compare any kingbolt error code with these to decide what to do next.
enum class Condition {
    timeout = 1,   ///< somebody did not answer in time
    overloaded,    ///< a bound was reached; less, or later, may work
    unauthorized,  ///< the caller may not do this
};

}  // namespace kingbolt

template <>
struct std::is_error_code_enum<kingbolt::Errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<kingbolt::Condition> : std::true_type {};

namespace kingbolt {

namespace detail {

class ConditionCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "kingbolt.condition"; }
    std::string message(int condition) const override {
        switch (static_cast<Condition>(condition)) {
        case Condition::timeout: return "timeout";
        case Condition::overloaded: return "overloaded";
        case Condition::unauthorized: return "unauthorized";
        }
        return "unknown condition";
    }
};

inline const std::error_category& condition_category() noexcept {
    static const ConditionCategory category;
    return category;
}

class ErrcCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "kingbolt"; }
    std::string message(int error) const override {
        switch (static_cast<Errc>(error)) {
        case Errc::session_gone: return "the session has ended";
        case Errc::draining: return "the hub is draining";
        case Errc::queue_full: return "the session's outbox is full";
        case Errc::backlog_full: return "a hub on the backplane is too far behind";
        case Errc::breaker_open: return "the circuit breaker is open";
        case Errc::rate_limited: return "over the rate limit for calls";
        case Errc::bulkhead_full: return "too many calls at the same time";
        case Errc::call_timeout: return "the call did not answer in time";
        case Errc::call_failed: return "the call failed";
        case Errc::call_cancelled: return "the call was cancelled";
        case Errc::bad_credentials: return "the credentials are not accepted";
        case Errc::not_permitted: return "not permitted";
        case Errc::too_many_subscriptions: return "as many subscriptions as a client may have";
        case Errc::bad_topic: return "not a topic: 1 to 255 bytes, a wildcard only as a last level of its own (`agents.*`)";
        case Errc::connection_lost: return "the connection was lost before the answer came";
        case Errc::client_stopped: return "the client is stopped";
        case Errc::request_refused: return "the server refused the request";
        case Errc::bad_json: return "not JSON";
        }
        return "unknown error";
    }
    std::error_condition default_error_condition(int error) const noexcept override {
        switch (static_cast<Errc>(error)) {
        case Errc::draining:
        case Errc::queue_full:
        case Errc::backlog_full:
        case Errc::too_many_subscriptions:
        case Errc::breaker_open:
        case Errc::rate_limited:
        case Errc::bulkhead_full: return {static_cast<int>(Condition::overloaded), condition_category()};
        case Errc::bad_credentials:
        case Errc::not_permitted: return {static_cast<int>(Condition::unauthorized), condition_category()};
        case Errc::call_timeout: return {static_cast<int>(Condition::timeout), condition_category()};
        default: return {error, *this};
        }
    }
};

}  // namespace detail

/// The category of `Errc`; its name is "kingbolt".
inline const std::error_category& error_category() noexcept {
    static const detail::ErrcCategory category;
    return category;
}

/// For std::error_code.
inline std::error_code make_error_code(Errc error) noexcept { return {static_cast<int>(error), error_category()}; }
/// For std::error_condition.
inline std::error_condition make_error_condition(Condition condition) noexcept {
    return {static_cast<int>(condition), detail::condition_category()};
}

/// Thrown when an option is out of its range. `what()` names the option, the value, the range and the cure in one line.
class InvalidOption : public std::invalid_argument {
public:
    /// `value` as it was given, `range` and `cure` in words.
    InvalidOption(std::string option, std::string value, std::string range, std::string cure)
        : std::invalid_argument(option + " = " + value + " is out of range (" + range + "): " + cure),
          option_(std::move(option)),
          value_(std::move(value)),
          range_(std::move(range)),
          cure_(std::move(cure)) {}

    /// Its name: `KeepAlive.pong_timeout`.
    const std::string& option() const noexcept { return option_; }
    /// As it was given.
    const std::string& value() const noexcept { return value_; }
    /// What it may be.
    const std::string& range() const noexcept { return range_; }
    /// What to do.
    const std::string& cure() const noexcept { return cure_; }

private:
    std::string option_, value_, range_, cure_;
};

}  // namespace kingbolt
