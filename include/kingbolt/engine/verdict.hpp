#pragma once
// The answers to "why did it disconnect?": a closed list, and how sure an answer is. The sentences are in verdict_text.hpp.

#include <cstdint>
#include <string_view>

namespace kingbolt {

/// What an end means: docs/disconnects.md has a row for each.
enum class Verdict : std::uint8_t {
    // before the upgrade
    left_before_upgrade,    ///< gone without a complete request: a health check, a port scan, a browser's spare connection
    handshake_timed_out,    ///< no complete upgrade request within the handshake deadline
    bad_handshake,          ///< the upgrade request was malformed
    upgrade_refused,        ///< the application refused it
    unoffered_subprotocol,  ///< the application selected what the client had not offered
    http_answered,          ///< a plain HTTP request; nothing is wrong
    not_admitted,           ///< too many, or too many of it
    foreign_origin,         ///< a page that may not connect
    not_authenticated,      ///< no credentials, or bad ones

    // within a second of the upgrade, before any message
    client_closed_at_once,     ///< a Close frame: the client's handler returned
    client_left_at_once,       ///< a FIN without a Close frame
    closed_without_reading,    ///< an RST: the peer closed its socket with our bytes unread in it
    subprotocol_not_selected,  ///< the client offered subprotocols, none was selected, and it refused the 101
    closed_in_open_handler,    ///< our own application closed it

    // the client or the network ended it
    client_closed,                ///< an ordinary goodbye
    client_found_fault,           ///< its Close says that it could not take what the hub sent
    client_failed,                ///< its Close says that something broke on its side
    client_keepalive_gave_up,     ///< its own pings went unanswered
    client_gone,                  ///< FIN without a Close frame
    reset,                        ///< RST
    read_deadline_ignores_pongs,  ///< its read deadline is extended by messages only, not by control frames
    idle_proxy,                   ///< cut after a silence, by something in between
    network_failed,               ///< the kernel failed a read or a write
    tls_failed,

    // the hub ended it, because of the peer
    half_open_peer,    ///< its kernel acknowledges nothing any more: it has vanished
    peer_not_reading,  ///< its kernel acknowledges, its application answers no ping
    peer_silent,       ///< it answers no ping, and the kernel has no evidence on which of the two it is
    writer_stalled,    ///< a write waited too long for the peer
    slow_consumer,     ///< its queue was full
    rate_limited,
    hub_out_of_memory,  ///< too much waited for it while the hub's memory was short
    message_too_big,
    extension_mismatch,  ///< it uses an extension that was not negotiated
    protocol_violation,
    invalid_utf8,
    credentials_expired,
    credentials_revoked,
    close_unanswered,  ///< it was told to go, and did not answer the Close within its deadline

    // the hub ended it, because of us
    closed_by_application,
    handler_threw,
    server_drained,
    server_stalled,  ///< our own loop was late enough for the peer to lose patience
};

/// The last of the list, for tables.
inline constexpr Verdict last_verdict = Verdict::server_stalled;

/// How far the evidence carries.
enum class Confidence : std::uint8_t {
    possible,  ///< fits the evidence, as other explanations do; several connections together may decide (`DisconnectPatterns`)
    likely,    ///< the usual explanation of this evidence; the known others are rare
    certain,   ///< seen directly: in a frame, by the kernel, or decided by the hub itself
};

constexpr std::string_view to_string(Confidence confidence) noexcept {
    return confidence == Confidence::certain ? "certain" : confidence == Confidence::likely ? "likely" : "possible";
}

}  // namespace kingbolt
