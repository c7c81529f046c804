#pragma once
// Who may connect, how often, and how many at a time?

#include <kingbolt/core/remote_address.hpp>
#include <kingbolt/core/time.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace kingbolt {

/// The answer to "may this client come in?".
struct AdmissionDecision {
    bool admitted = true;       ///< false: turned away
    unsigned status = 0;        ///< of a refusal: 503 when the server is full or too busy, 429 when the client asks too much (RFC 6585 §4)
    Duration retry_after{};     ///< of a refusal: when it is worth another attempt
    std::string_view reason{};  ///< of a refusal: for the journal and the client; a literal

    explicit operator bool() const noexcept { return admitted; }
};

/// Worked model: AdmissionControl in policy/admission_control.hpp. Pure: `now` is an argument; `State` is one for all clients, made from
/// the options and two secret random words. Everything runs on the hub's loop.
///   on_accept        a connection has come: may it stay, whoever it is? Counts it when admitted, until `leave`
///   on_client        its client is known now: may that one come in? Counts it when admitted, until `leave_client`
///   on_connection    both at once, for connections without a proxy in between: first the client, then all. Counts when admitted, until
///                    `on_gone`
///   enter_subject    somebody has shown to be `subject`; counts when admitted, until `leave_subject`
template <class A>
concept AdmissionPolicy = std::constructible_from<typename A::State, const A&, std::uint64_t, std::uint64_t> &&
    requires(const A& policy, typename A::State& state, const RemoteAddress& address, std::string_view subject, TimePoint now) {
    { policy.on_accept(state, now) } -> std::same_as<AdmissionDecision>;
    { policy.on_client(state, address, now) } -> std::same_as<AdmissionDecision>;
    { policy.on_connection(state, address, now) } -> std::same_as<AdmissionDecision>;
    { policy.enter_subject(state, subject, now) } -> std::same_as<AdmissionDecision>;
    policy.leave(state);
    policy.leave_client(state, address);
    policy.on_gone(state, address);
    policy.leave_subject(state, subject);
};

}  // namespace kingbolt
