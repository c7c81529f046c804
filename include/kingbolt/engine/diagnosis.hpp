#pragma once
// Why did it disconnect? One `Closed`, one answer:
//
//     std::clog << kb::describe(closed) << ": " << kb::diagnose(closed).summary << '\n';
//
// What one end cannot tell, several can: see DisconnectPatterns.

#include <kingbolt/core/event.hpp>
#include <kingbolt/engine/evidence.hpp>
#include <kingbolt/engine/verdict.hpp>
#include <kingbolt/engine/verdict_text.hpp>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kingbolt {

struct Diagnosis {
    Verdict verdict{};                    ///< what it was
    Confidence confidence{};              ///< how sure that is
    std::string summary{};                ///< one sentence
    std::vector<std::string> evidence{};  ///< the facts that the verdict rests on, with their numbers; strings from outside are quoted
    std::string cure{};                   ///< what to do about it

    bool operator==(const Diagnosis&) const = default;
};

namespace engine {

/// The decision. Each function takes one kind of end; what it returns holds only the evidence that led there.
class Diagnostician {
public:
    explicit Diagnostician(const event::Closed& closed) noexcept : c_{closed}, e_{closed} {}

    Diagnosis decide() const {
        switch (c_.cause) {
        case Cause::client_close: return by_close_frame();
        case Cause::eof_without_close: return by_fin();
        case Cause::reset_by_peer: return by_reset();
        case Cause::write_error:
        case Cause::read_error: return by_error();
        case Cause::tls_error: return sure(Verdict::tls_failed, {e_.life()});
        case Cause::pong_timeout: return by_silence();
        case Cause::write_stalled:
            if (e_.kernel_vanished()) return vanished();
            return say(Verdict::writer_stalled, e_.kernel_there() ? Confidence::certain : Confidence::likely,
                       {e_.stalled_write(), e_.kernel(), e_.queue()});
        case Cause::slow_consumer:
            if (e_.kernel_vanished()) return vanished();
            return sure(Verdict::slow_consumer, {e_.queue(), e_.stalled_write()});
        case Cause::rate_limited: return sure(Verdict::rate_limited, {e_.life()});
        case Cause::hub_overloaded: return sure(Verdict::hub_out_of_memory, {e_.queue(), e_.stalled_write()});
        case Cause::message_too_big: return sure(Verdict::message_too_big, {e_.life()});
        case Cause::protocol_error:
            return sure(about_extensions() ? Verdict::extension_mismatch : Verdict::protocol_violation, {e_.life()});
        case Cause::invalid_utf8: return sure(Verdict::invalid_utf8, {e_.life()});
        case Cause::handshake_timeout: return sure(Verdict::handshake_timed_out, {e_.life()});
        case Cause::bad_handshake: return sure(Verdict::bad_handshake, {e_.life()});
        case Cause::upgrade_refused: return sure(Verdict::upgrade_refused, {e_.life()});
        case Cause::unoffered_subprotocol: return sure(Verdict::unoffered_subprotocol, {e_.subprotocols()});
        case Cause::http_request: return sure(Verdict::http_answered, {e_.life()});
        case Cause::not_admitted: return sure(Verdict::not_admitted, {e_.life()});
        case Cause::origin_refused: return sure(Verdict::foreign_origin, {e_.life()});
        case Cause::unauthenticated: return sure(Verdict::not_authenticated, {e_.life()});
        case Cause::auth_expired: return sent_away(Verdict::credentials_expired);
        case Cause::auth_revoked: return sent_away(Verdict::credentials_revoked);
        case Cause::server_drain: return sent_away(Verdict::server_drained);
        case Cause::handler_error: return sure(Verdict::handler_threw, {e_.life()});
        case Cause::application_close:
            if (e_.right_after_upgrade()) return say(Verdict::closed_in_open_handler, Confidence::likely, {e_.life(), e_.close_frame()});
            return sent_away(Verdict::closed_by_application);
        }
        return {};
    }

private:
    using Facts = std::initializer_list<std::string>;

    Diagnosis by_close_frame() const {
        const auto code = static_cast<unsigned>(c_.code);
        const bool timeout = reason_has("timeout") || reason_has("timed out") || reason_has("deadline") || reason_has("idle");
        if (e_.right_after_upgrade() && e_.refused_without_subprotocol())
            return say(Verdict::subprotocol_not_selected, Confidence::likely, {e_.subprotocols(), e_.life(), e_.close_frame()});
        if (timeout && (reason_has("ping") || reason_has("keepalive") || reason_has("keep-alive"))) {
            if (e_.loop_was_stalled()) return say(Verdict::server_stalled, Confidence::likely, {e_.close_frame(), e_.lag()});
            return say(Verdict::client_keepalive_gave_up, Confidence::likely, {e_.close_frame(), e_.silences()});
        }
        if (timeout && e_.pongs_outlived_messages()) return deadline_ignores_pongs();
        if (code == 1002 || code == 1003 || (code >= 1007 && code <= 1010))
            return sure(Verdict::client_found_fault, {e_.close_frame(), e_.messages()});
        if (code == 1011) return sure(Verdict::client_failed, {e_.close_frame(), e_.life()});
        if (e_.right_after_upgrade()) return say(Verdict::client_closed_at_once, Confidence::likely, {e_.close_frame(), e_.life()});
        return sure(Verdict::client_closed, {e_.close_frame(), e_.life()});
    }

    Diagnosis by_fin() const {
        if (c_.phase == Phase::handshake) return sure(Verdict::left_before_upgrade, {"the stream ended without a Close frame", e_.life()});
        if (e_.right_after_upgrade()) return at_once(Verdict::client_left_at_once, "it sent a FIN and no Close frame");
        return late(Verdict::client_gone, Confidence::likely, "it sent a FIN and no Close frame");
    }

    Diagnosis by_reset() const {
        if (c_.phase == Phase::handshake) return sure(Verdict::left_before_upgrade, {"the stream ended with a reset", e_.life()});
        if (e_.right_after_upgrade()) return at_once(Verdict::closed_without_reading, "it sent an RST and no Close frame");
        return late(Verdict::reset, Confidence::certain, "it sent an RST and no Close frame");
    }

    Diagnosis by_error() const {
        if (c_.error == std::errc::timed_out)  // the kernel itself gave up retransmitting
            return sure(Verdict::half_open_peer, {"the kernel gave up: " + in_quotes(c_.error.message()), e_.kernel()});
        if (c_.error == std::errc::connection_reset || c_.error == std::errc::broken_pipe || c_.error == std::errc::connection_aborted)
            return by_reset();
        return sure(Verdict::network_failed, {e_.life()});
    }

    /// Right after the upgrade, by FIN or RST.
    Diagnosis at_once(Verdict otherwise, std::string how) const {
        if (e_.refused_without_subprotocol())
            return say(Verdict::subprotocol_not_selected, Confidence::likely, {e_.subprotocols(), std::move(how), e_.life()});
        return say(otherwise, Confidence::likely, {std::move(how), e_.life()});
    }

    /// Some time after the upgrade, by FIN or RST.
    Diagnosis late(Verdict otherwise, Confidence confidence, std::string how) const {
        if (e_.loop_was_stalled()) return say(Verdict::server_stalled, Confidence::possible, {std::move(how), e_.lag(), e_.silences()});
        if (e_.pongs_outlived_messages() && customary_deadline(e_.since_message_out())) return deadline_ignores_pongs();
        const bool long_enough = customary_deadline(e_.silence()) || e_.silence() >= std::chrono::seconds{10};
        if (long_enough && !e_.survived_longer_silence())
            return say(Verdict::idle_proxy, Confidence::possible, {std::move(how), e_.silences(), e_.pongs()});
        return say(otherwise, confidence, {std::move(how), e_.life(), e_.silences()});
    }

    Diagnosis deadline_ignores_pongs() const {
        return say(Verdict::read_deadline_ignores_pongs, Confidence::likely, {e_.messages(), e_.pongs(), e_.life()});
    }

    /// Pings went unanswered.
    Diagnosis by_silence() const {
        if (e_.kernel_vanished()) return vanished();
        if (e_.kernel_there())
            return say(Verdict::peer_not_reading, e_.loop_was_stalled() ? Confidence::possible : Confidence::likely,
                       {e_.pongs(), e_.kernel(), e_.silences()});
        return say(Verdict::peer_silent, Confidence::possible, {e_.pongs(), e_.kernel(), e_.silences()});
    }

    Diagnosis vanished() const { return sure(Verdict::half_open_peer, {e_.kernel(), e_.pongs(), e_.silences()}); }

    /// It was told to go, politely: what is worth saying is whether it went.
    Diagnosis sent_away(Verdict why) const {
        if (!c_.forced) return sure(why, {e_.close_frame(), e_.life()});
        if (e_.kernel_vanished()) return vanished();
        return sure(Verdict::close_unanswered, {"closed for " + std::string{to_string(c_.cause)}, e_.close_frame(), e_.silences()});
    }

    bool about_extensions() const {
        return has(c_.detail, "reserved bit") || has(c_.detail, "rsv") || has(c_.detail, "extension") || has(c_.detail, "compress");
    }
    bool reason_has(std::string_view word) const { return has(c_.reason, word); }
    static bool has(std::string_view text, std::string_view word) {
        const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
        return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
    }

    Diagnosis sure(Verdict verdict, Facts facts) const { return say(verdict, Confidence::certain, facts); }
    Diagnosis say(Verdict verdict, Confidence confidence, Facts facts) const {
        const VerdictText text = text_of(verdict);
        Diagnosis diagnosis{verdict, confidence, std::string{text.summary}, facts, std::string{text.cure}};
        auto& evidence = diagnosis.evidence;
        if (!c_.detail.empty()) evidence.push_back("detail: " + in_quotes(c_.detail));
        if (c_.error) evidence.push_back("error: " + in_quotes(c_.error.message()));
        if (c_.forced) evidence.push_back("the close handshake did not complete within its bounds: the hub cut the connection");
        if (e_.loop_was_stalled() && std::ranges::find(evidence, e_.lag()) == evidence.end()) evidence.push_back(e_.lag());
        return diagnosis;
    }

    const event::Closed& c_;
    Evidence e_;
};

}  // namespace engine

/// Pure: the same `Closed` always gives the same diagnosis. Any thread. Takes microseconds, and allocates the strings it returns.
inline Diagnosis diagnose(const event::Closed& closed) { return engine::Diagnostician{closed}.decide(); }

}  // namespace kingbolt
