#pragma once
// Why a connection ends, and the number the client is told. `Cause` is a closed list: everything that can end a connection
// is one of these, and the table in docs/close-codes.md has a row for each.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kingbolt {

/// What ended a connection, as the hub saw it.
enum class Cause : std::uint8_t {
    client_close,           ///< the client sent a Close frame first
    eof_without_close,      ///< the client's TCP stream ended without a Close frame
    reset_by_peer,          ///< the client's side sent a TCP reset
    write_error,            ///< the kernel refused a write
    read_error,             ///< the kernel failed a read for a reason that is not a reset
    tls_error,              ///< the TLS layer failed
    pong_timeout,           ///< `max_missed_pongs` pings in a row went unanswered
    write_stalled,          ///< the client stopped taking bytes for `max_missed_pongs` pong timeouts
    slow_consumer,          ///< its outbox was full and the policy is to disconnect
    rate_limited,           ///< it sent more than its rate allows
    hub_overloaded,         ///< the hub's memory was short, and it was one of those to whom most was owed
    message_too_big,        ///< it sent a message over the limit
    protocol_error,         ///< it broke RFC 6455
    invalid_utf8,           ///< it sent a text message that is not UTF-8
    handshake_timeout,      ///< no complete upgrade request within the handshake deadline
    bad_handshake,          ///< the upgrade request was malformed
    upgrade_refused,        ///< the application refused the upgrade
    unoffered_subprotocol,  ///< the application selected a subprotocol that the client did not offer; refused with 500
    http_request,           ///< a plain HTTP request, answered; never a WebSocket
    not_admitted,           ///< there are too many, or too many of it; refused with 429 or 503
    origin_refused,         ///< a page of an origin that is not allowed; refused with 403
    unauthenticated,        ///< no credentials, or bad ones; refused with 401, or with 429 after too many bad ones
    auth_expired,           ///< its credentials ran out
    auth_revoked,           ///< its credentials were revoked
    server_drain,           ///< the hub is draining
    handler_error,          ///< a callback of the application threw
    application_close,      ///< the application closed it
};
/// How many there are, for tables.
inline constexpr std::size_t cause_count = static_cast<std::size_t>(Cause::application_close) + 1;

constexpr std::string_view to_string(Cause cause) noexcept {
    switch (cause) {
    case Cause::client_close: return "client_close";
    case Cause::eof_without_close: return "eof_without_close";
    case Cause::reset_by_peer: return "reset_by_peer";
    case Cause::write_error: return "write_error";
    case Cause::read_error: return "read_error";
    case Cause::tls_error: return "tls_error";
    case Cause::pong_timeout: return "pong_timeout";
    case Cause::write_stalled: return "write_stalled";
    case Cause::slow_consumer: return "slow_consumer";
    case Cause::rate_limited: return "rate_limited";
    case Cause::hub_overloaded: return "hub_overloaded";
    case Cause::message_too_big: return "message_too_big";
    case Cause::protocol_error: return "protocol_error";
    case Cause::invalid_utf8: return "invalid_utf8";
    case Cause::handshake_timeout: return "handshake_timeout";
    case Cause::bad_handshake: return "bad_handshake";
    case Cause::upgrade_refused: return "upgrade_refused";
    case Cause::unoffered_subprotocol: return "unoffered_subprotocol";
    case Cause::http_request: return "http_request";
    case Cause::not_admitted: return "not_admitted";
    case Cause::origin_refused: return "origin_refused";
    case Cause::unauthenticated: return "unauthenticated";
    case Cause::auth_expired: return "auth_expired";
    case Cause::auth_revoked: return "auth_revoked";
    case Cause::server_drain: return "server_drain";
    case Cause::handler_error: return "handler_error";
    case Cause::application_close: return "application_close";
    }
    return "unknown";
}

/// Status codes of a Close frame: RFC 6455 §7.4.1 and kingbolt's own, from the range that §7.4.2 leaves to applications.
/// 4000–4499 say "come back, after this delay", 4500–4999 "do not come back".
enum class CloseCode : std::uint16_t {
    normal = 1000,  ///< a client may say so; the hub never does on its own, because clients take it for "done"
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    no_status = 1005,  ///< never on the wire: the Close frame had no code
    abnormal = 1006,   ///< never on the wire: there was no Close frame
    invalid_payload = 1007,
    policy_violation = 1008,
    message_too_big = 1009,
    internal_error = 1011,
    service_restart = 1012,  ///< this and the next: IANA's registry of WebSocket close codes
    try_again_later = 1013,

    come_back = 4000,
    server_drain = 4001,
    pong_timeout = 4002,
    slow_consumer = 4003,
    write_stalled = 4004,
    hub_overloaded = 4005,
    auth_expired = 4010,
    rate_limited = 4029,

    do_not_come_back = 4500,
    auth_revoked = 4510,
};

/// The code a client is told when the hub ends its session for `cause`. Causes that end without a Close frame give `abnormal`.
constexpr CloseCode close_code_for(Cause cause) noexcept {
    switch (cause) {
    case Cause::pong_timeout: return CloseCode::pong_timeout;
    case Cause::write_stalled: return CloseCode::write_stalled;
    case Cause::slow_consumer: return CloseCode::slow_consumer;
    case Cause::rate_limited: return CloseCode::rate_limited;
    case Cause::hub_overloaded: return CloseCode::hub_overloaded;
    case Cause::message_too_big: return CloseCode::message_too_big;
    case Cause::protocol_error: return CloseCode::protocol_error;
    case Cause::invalid_utf8: return CloseCode::invalid_payload;
    case Cause::auth_expired: return CloseCode::auth_expired;
    case Cause::auth_revoked: return CloseCode::auth_revoked;
    case Cause::server_drain: return CloseCode::server_drain;
    case Cause::handler_error: return CloseCode::internal_error;
    case Cause::application_close: return CloseCode::come_back;
    default: return CloseCode::abnormal;
    }
}

/// True when a client that follows kingbolt's table reconnects by itself after this code.
constexpr bool may_come_back(CloseCode code) noexcept {
    const auto n = static_cast<unsigned>(code);
    switch (code) {
    case CloseCode::going_away:
    case CloseCode::abnormal:
    case CloseCode::internal_error:
    case CloseCode::service_restart:
    case CloseCode::try_again_later: return true;
    default: return n >= 4000 && n < 4500;
    }
}

/// Codes an endpoint may put into a Close frame (RFC 6455 §7.4; 1012–1014 are IANA's).
constexpr bool is_sendable(CloseCode code) noexcept {
    const auto n = static_cast<unsigned>(code);
    return (n >= 1000 && n <= 1003) || (n >= 1007 && n <= 1014) || (n >= 3000 && n <= 4999);
}

}  // namespace kingbolt
