#pragma once
// What a guarded call comes back with: an answer, live or not, or the reason why there is none.

#include <kingbolt/core/error.hpp>
#include <kingbolt/core/time.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace kingbolt {

/// Where a value comes from.
enum class ReplySource : std::uint8_t {
    live,      ///< this call, or one that it shared
    cached,    ///< an earlier answer
    fallback,  ///< what the application says when there is none
};

/// Why the answer is not a live one, or why there is none.
enum class ReplyReason : std::uint8_t {
    none,
    breaker_open,   ///< the call was not made
    rate_limited,   ///< likewise
    bulkhead_full,  ///< likewise
    timeout,
    call_failed,
    cancelled,
};

constexpr std::string_view to_string(ReplySource source) noexcept {
    return source == ReplySource::live ? "live" : source == ReplySource::cached ? "cached" : "fallback";
}
constexpr std::string_view to_string(ReplyReason reason) noexcept {
    switch (reason) {
    case ReplyReason::none: return "none";
    case ReplyReason::breaker_open: return "breaker_open";
    case ReplyReason::rate_limited: return "rate_limited";
    case ReplyReason::bulkhead_full: return "bulkhead_full";
    case ReplyReason::timeout: return "timeout";
    case ReplyReason::call_failed: return "call_failed";
    case ReplyReason::cancelled: return "cancelled";
    }
    return "unknown";
}

/// Why a call brought no live answer.
struct CallTrouble {
    ReplyReason reason = ReplyReason::none;
    std::error_code error{};
    std::exception_ptr exception{};  ///< what the call threw, or an error of it that is no error code
    Duration retry_after{};          ///< when that is known; Duration::max() for not before somebody intervenes
};

/// A value, or a trouble; a value that is not live has both: the trouble says why it is not.
template <class T>
class Reply {
public:
    using value_type = T;

    /// A live answer.
    static Reply live(T value) { return Reply{std::move(value), ReplySource::live, {}, {}}; }
    /// No value.
    static Reply failed(CallTrouble trouble) { return Reply{std::nullopt, ReplySource::live, {}, std::move(trouble)}; }
    /// `age` is the time since the answer came.
    static Reply cached(T value, Duration age, CallTrouble trouble) {
        return Reply{std::move(value), ReplySource::cached, age, std::move(trouble)};
    }
    /// What a Fallback said.
    static Reply fallback(T value, CallTrouble trouble) { return Reply{std::move(value), ReplySource::fallback, {}, std::move(trouble)}; }

    /// Live, old or a fallback's.
    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }

    // There must be a value.
    /// There must be a value.
    const T& operator*() const& noexcept { return *value_; }
    /// Likewise.
    T& operator*() & noexcept { return *value_; }
    /// Likewise.
    T&& operator*() && noexcept { return *std::move(value_); }
    /// Likewise.
    const T* operator->() const noexcept { return &*value_; }
    /// Likewise.
    T* operator->() noexcept { return &*value_; }

    /// Throws what the call threw, or std::system_error, when there is no value.
    const T& value() const& {
        require_value();
        return *value_;
    }
    /// Likewise.
    T&& value() && {
        require_value();
        return *std::move(value_);
    }

    /// The answer was live once, and a live one was wanted: `age` says how old it is, `reason` why there is none.
    bool stale() const noexcept { return has_value() && source_ == ReplySource::cached && trouble_.reason != ReplyReason::none; }
    /// Since the answer came; zero for a live one and for a fallback.
    Duration age() const noexcept { return age_; }
    /// Where the value comes from.
    ReplySource source() const noexcept { return source_; }
    ReplyReason reason() const noexcept { return trouble_.reason; }
    std::error_code error() const noexcept { return trouble_.error; }
    std::exception_ptr exception() const noexcept { return trouble_.exception; }
    Duration retry_after() const noexcept { return trouble_.retry_after; }
    /// Why there is no live answer; `none` where there is.
    const CallTrouble& trouble() const noexcept { return trouble_; }

private:
    Reply(std::optional<T> value, ReplySource source, Duration age, CallTrouble trouble)
        : value_{std::move(value)}, source_{source}, age_{age}, trouble_{std::move(trouble)} {}

    void require_value() const {
        if (value_) return;
        if (trouble_.exception) std::rethrow_exception(trouble_.exception);
        throw std::system_error{trouble_.error};
    }

    std::optional<T> value_;
    ReplySource source_;
    Duration age_;
    CallTrouble trouble_;
};

}  // namespace kingbolt
