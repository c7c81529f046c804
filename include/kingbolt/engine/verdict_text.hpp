#pragma once
// What each verdict is called, what it means, and what to do about it. One sentence each; the numbers are in the evidence.

#include <kingbolt/engine/verdict.hpp>

#include <string_view>

namespace kingbolt {

/// What a verdict is in words.
struct VerdictText {
    std::string_view name{};
    std::string_view summary{};  ///< one sentence
    std::string_view cure{};     ///< likewise
};

constexpr VerdictText text_of(Verdict verdict) noexcept {
    switch (verdict) {
    case Verdict::left_before_upgrade:
        return {"left_before_upgrade", "It left before it had sent a complete upgrade request.",
                "Usually nothing: TCP health checks, port scans and browsers' spare connections do that. Give health checks GET /healthz."};
    case Verdict::handshake_timed_out:
        return {"handshake_timed_out", "No complete upgrade request came within the handshake deadline.",
                "If real clients are that slow, raise Deadlines.handshake; a client that speaks TLS to a plain port also ends here."};
    case Verdict::bad_handshake:
        return {"bad_handshake", "The upgrade request was malformed.",
                "Correct the client; behind a proxy, see that it passes Upgrade and Connection on (nginx: proxy_http_version 1.1)."};
    case Verdict::upgrade_refused:
        return {"upgrade_refused", "The application refused the upgrade.", "See the status that on_upgrade returned."};
    case Verdict::unoffered_subprotocol:
        return {"unoffered_subprotocol", "The server selected a subprotocol that the client had not offered; the client got a 500.",
                "In on_upgrade select one of request.subprotocols, or none."};
    case Verdict::http_answered: return {"http_answered", "A plain HTTP request was answered.", "Nothing is wrong."};
    case Verdict::not_admitted:
        return {
            "not_admitted", "There were too many connections, or too many from there.",
            "See the detail for which limit; raise it in AdmissionControl, or name your proxies in TrustedProxies if all clients seem to "
            "come from one address."};
    case Verdict::foreign_origin:
        return {"foreign_origin", "A page of an origin that is not allowed asked for an upgrade.",
                "If the page is yours, add its origin, scheme and port included, to AllowedOrigins."};
    case Verdict::not_authenticated:
        return {"not_authenticated", "The client showed no credentials, or bad ones.",
                "See the detail for what was wrong with them; the client itself is not told."};
    case Verdict::client_closed_at_once:
        return {"client_closed_at_once", "The client sent a Close frame right after the upgrade: its handler returned.",
                "Keep the client's handler alive as long as the connection, for instance by reading in a loop."};
    case Verdict::client_left_at_once:
        return {"client_left_at_once",
                "The client ended the TCP stream right after the upgrade, without a Close frame: its handler returned and dropped the "
                "connection, or it did not accept the 101.",
                "Keep the client's connection object alive; look into the client's log for what it disliked about the 101 (extensions, "
                "Sec-WebSocket-Accept, a header)."};
    case Verdict::closed_without_reading:
        return {"closed_without_reading",
                "The peer closed its socket right after the upgrade with our bytes unread in it, which its kernel reports as a reset.",
                "Make the peer read until it sees a Close frame or the end of the stream before it closes its socket."};
    case Verdict::subprotocol_not_selected:
        return {"subprotocol_not_selected",
                "The client offered subprotocols, the server selected none, and the client refused the 101, as browsers do.",
                "In on_upgrade accept one of request.subprotocols, or offer none in the client."};
    case Verdict::closed_in_open_handler:
        return {"closed_in_open_handler", "The application closed the session itself, right after the upgrade.",
                "Look for a close in on_open, or in what on_open starts; refuse unwanted clients in on_upgrade instead."};
    case Verdict::client_closed: return {"client_closed", "The client said goodbye.", "Nothing is wrong."};
    case Verdict::client_found_fault:
        return {"client_found_fault", "The client closed because it could not take what the hub had sent.",
                "Match the close code: 1009, send smaller messages or raise the client's limit; 1007, send valid UTF-8 as text; 1002 or "
                "1010, compare extensions."};
    case Verdict::client_failed:
        return {"client_failed", "The client closed because something broke on its side.",
                "Look into the client's log; often its message handler threw."};
    case Verdict::client_keepalive_gave_up:
        return {"client_keepalive_gave_up", "The client's own keep-alive gave up: its pings were not answered in time.",
                "Look for a loop stall or a saturated link at this end; raise the client's ping timeout above the worst round trip."};
    case Verdict::client_gone:
        return {"client_gone", "The client's TCP stream ended without a Close frame: its process ended, or dropped the connection.",
                "Usually nothing on the server; close the client's connection before it exits to tell this from a failure."};
    case Verdict::reset:
        return {
            "reset",
            "The client's side reset the TCP connection: its process died, closed with our bytes unread, or something in between cut it.",
            "Look for a crash of the client, and for a firewall or NAT that forgets connections: a shorter ping_interval keeps those "
            "awake."};
    case Verdict::read_deadline_ignores_pongs:
        return {"read_deadline_ignores_pongs",
                "The client's read deadline is extended by messages only: it answered pings to the last, and left a round time after the "
                "last message.",
                "Extend the client's deadline from its ping and pong handlers too, or send a message more often than its deadline."};
    case Verdict::idle_proxy:
        return {"idle_proxy", "The connection was cut after a silence: a proxy or load balancer with an idle time-out.",
                "Set KeepAlive.ping_interval below 0.8 of the silence, or raise the proxy's time-out."};
    case Verdict::network_failed:
        return {"network_failed", "The kernel failed a read or a write on the connection.",
                "See the system's error: usually the route to the client was lost."};
    case Verdict::tls_failed:
        return {"tls_failed", "TLS failed on the connection.",
                "See the detail: certificate, protocol version, or a plain client on a TLS port."};
    case Verdict::half_open_peer:
        return {
            "half_open_peer", "The peer has vanished: its kernel no longer acknowledges what is sent.",
            "Nothing on the server: this is what keep-alive is for. A lost network, a sleeping laptop, a NAT that forgot the connection."};
    case Verdict::peer_not_reading:
        return {"peer_not_reading", "The peer is there but does not read: its kernel acknowledges, its application answers no ping.",
                "Give the client a read loop that always runs: control frames are handled only while somebody reads."};
    case Verdict::peer_silent:
        return {"peer_silent", "The peer answered no ping; whether it has vanished or does not read is not known.",
                "See whether the client still runs, and whether it reads."};
    case Verdict::writer_stalled:
        return {"writer_stalled", "The peer stopped taking bytes: its receive window stayed shut longer than the write deadline.",
                "Let the client read faster or apart from its work, send it less, or conflate."};
    case Verdict::slow_consumer:
        return {"slow_consumer", "The client reads slower than messages arrive for it: its queue was full.",
                "Send it less, use WhenFull::conflate or drop_oldest for topics where only the newest matters, or raise Outbox.max_bytes."};
    case Verdict::rate_limited:
        return {"rate_limited", "The client sent more messages than its rate allows.",
                "Slow the client down, or raise RateLimiter.per_second and burst."};
    case Verdict::hub_out_of_memory:
        return {"hub_out_of_memory", "The hub's memory for messages that wait was short, and most of them waited for this client.",
                "Raise MemoryBudget.max_bytes if there is memory, or find out why so many clients read slowly at once."};
    case Verdict::message_too_big:
        return {"message_too_big", "The client sent a message over the limit.",
                "Split the client's messages, or raise the transport's message limit."};
    case Verdict::extension_mismatch:
        return {
            "extension_mismatch", "The client uses an extension that was not negotiated: it sent a frame with reserved bits set.",
            "Switch compression off in the client unless the 101 names it, and look for a proxy that rewrites Sec-WebSocket-Extensions."};
    case Verdict::protocol_violation:
        return {"protocol_violation", "The client broke the WebSocket protocol.",
                "See the detail, and correct the client or whatever rewrites its bytes."};
    case Verdict::invalid_utf8:
        return {"invalid_utf8", "The client sent a text message that is not UTF-8.", "Send it as binary, or encode it as UTF-8."};
    case Verdict::credentials_expired:
        return {"credentials_expired", "The client's credentials ran out.", "Let the client renew them before they expire."};
    case Verdict::credentials_revoked:
        return {"credentials_revoked", "The client's credentials were revoked.", "Nothing, if that was meant."};
    case Verdict::close_unanswered:
        return {"close_unanswered", "The client did not answer the Close frame within the close deadline, and was cut.",
                "Answer Close in the client, which takes a read loop that still runs then; raise Deadlines.close for slow links."};
    case Verdict::closed_by_application:
        return {"closed_by_application", "The application closed the session.", "Nothing, if it meant to."};
    case Verdict::handler_threw:
        return {"handler_threw", "A callback of the application threw; its session was closed with 1011.",
                "Catch it in the callback; the detail says what it was."};
    case Verdict::server_drained:
        return {"server_drained", "The server is shutting down and sent the client away.",
                "Nothing: the client comes back after the delay it was told."};
    case Verdict::server_stalled:
        return {"server_stalled", "The server's own loop was late enough for the client to lose patience.",
                "Move blocking work out of the callbacks: nothing is read, written or answered while one runs."};
    }
    return {};
}

constexpr std::string_view to_string(Verdict verdict) noexcept { return text_of(verdict).name; }

}  // namespace kingbolt
