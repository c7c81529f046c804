#include <kingbolt/engine/diagnosis.hpp>

#include "ended_sessions.hpp"
#include "support/catch.hpp"

#include <string>
#include <system_error>
#include <utility>

using namespace kingbolt::test;

TEST_CASE("a death right after the upgrade is told apart by how it happened") {
    CHECK(verdict(at_once(Cause::client_close)) == Verdict::client_closed_at_once);
    CHECK(verdict(at_once(Cause::eof_without_close)) == Verdict::client_left_at_once);
    CHECK(verdict(at_once(Cause::reset_by_peer)) == Verdict::closed_without_reading);
    CHECK(verdict(at_once(Cause::application_close)) == Verdict::closed_in_open_handler);

    const auto d = kb::diagnose(at_once(Cause::eof_without_close));
    CHECK(mentions(d, "FIN"));
    CHECK(mentions(d, "open for 0.5 ms"));
}

TEST_CASE("a write refused right after the upgrade is the peer's reset, seen from the other side") {
    auto c = at_once(Cause::write_error);
    c.error = std::make_error_code(std::errc::broken_pipe);
    CHECK(verdict(c) == Verdict::closed_without_reading);
}

TEST_CASE("a client that offered subprotocols and leaves at once when none was selected has refused the 101") {
    for (const Cause cause : {Cause::eof_without_close, Cause::reset_by_peer, Cause::client_close}) {
        auto c = at_once(cause);
        c.offered_subprotocols = 2;
        CHECK(verdict(c) == Verdict::subprotocol_not_selected);
        CHECK(mentions(kb::diagnose(c), "2 subprotocols offered, none selected"));
        c.subprotocol = "chat";
        CHECK(verdict(c) != Verdict::subprotocol_not_selected);
    }
}

TEST_CASE("who has sent a message, or stayed for a second, did not die right after the upgrade") {
    auto talked = at_once(Cause::eof_without_close);
    talked.messages_in = 1;
    CHECK(verdict(talked) == Verdict::client_gone);

    auto stayed = at_once(Cause::eof_without_close);
    stayed.open_for = stayed.lived = 1s;
    stayed.since_last_byte_in = stayed.since_last_byte_out = 600ms;
    CHECK(verdict(stayed) == Verdict::client_gone);
}

TEST_CASE("a peer that answered pings to the last and left a round time after the last message has a deadline that pongs do not extend") {
    auto c = after_a_minute(Cause::eof_without_close);
    c.since_last_message_out = 60s + 40ms;
    c.since_last_pong = 5s;
    const auto d = kb::diagnose(c);
    CHECK(d.verdict == Verdict::read_deadline_ignores_pongs);
    CHECK(d.confidence == Confidence::likely);
    CHECK(mentions(d, "last message to it 60.0 s ago"));
    CHECK(mentions(d, "last pong 5.00 s ago"));

    SECTION("the same counts from the upgrade when no message was sent") {
        c.since_last_message_out.reset();
        c.open_for = 30s + 10ms;
        CHECK(verdict(c) == Verdict::read_deadline_ignores_pongs);
    }
    SECTION("an odd time is a client that went away") {
        c.since_last_message_out = 37s;
        CHECK(verdict(c) == Verdict::client_gone);
    }
    SECTION("without a pong since, nothing says that pongs do not count") {
        c.since_last_pong = 55s;
        CHECK(verdict(c) != Verdict::read_deadline_ignores_pongs);
    }
    SECTION("a Close that speaks of a timeout needs no round time") {
        c.cause = Cause::client_close;
        c.code = kb::CloseCode{4408};
        c.reason = "Read Timeout";
        c.since_last_message_out = 37s;
        CHECK(verdict(c) == Verdict::read_deadline_ignores_pongs);
        c.since_last_message_out = 900ms;
        c.since_last_pong = 10ms;
        CHECK(verdict(c) == Verdict::client_closed);
    }
}

TEST_CASE("a connection cut after a round or long silence may have met an idle proxy") {
    auto c = after_a_minute(Cause::eof_without_close);
    c.pings_sent = 0;
    c.since_last_pong.reset();
    c.since_last_byte_in = 60s + 200ms;
    c.since_last_byte_out = c.since_last_message_out = 60s + 100ms;
    const auto d = kb::diagnose(c);
    CHECK(d.verdict == Verdict::idle_proxy);
    CHECK(d.confidence == Confidence::possible);
    CHECK(mentions(d, "last byte in 60.2 s ago, out 60.1 s ago"));

    SECTION("by reset as well as by FIN") {
        c.cause = Cause::reset_by_peer;
        CHECK(verdict(c) == Verdict::idle_proxy);
    }
    SECTION("one direction is enough to keep it awake") {
        c.since_last_byte_in = 2ms;
        CHECK(verdict(c) == Verdict::client_gone);
    }
    SECTION("a silence shorter than those it survived between pings is none") {
        c.open_for = c.lived = 600s;
        c.pings_sent = 6;
        CHECK(verdict(c) == Verdict::client_gone);
    }
}

TEST_CASE("unanswered pings: the kernel's acknowledgements tell a vanished peer from one that does not read") {
    auto c = after_a_minute(Cause::pong_timeout);
    c.missed_pongs = 3;
    c.since_last_byte_in = c.since_last_pong = 90s;
    CHECK(verdict(c) == Verdict::peer_silent);
    CHECK(confidence(c) == Confidence::possible);

    c.tcp.emplace();
    c.tcp->since_last_ack = 20s;
    SECTION("everything acknowledged: it is there") {
        CHECK(verdict(c) == Verdict::peer_not_reading);
        CHECK(confidence(c) == Confidence::likely);
    }
    SECTION("a closed window leaves bytes unsent, but acknowledged what came before") {
        c.tcp->unsent_bytes = 100'000;
        CHECK(verdict(c) == Verdict::peer_not_reading);
    }
    SECTION("what was sent last may just not have been acknowledged yet") {
        c.tcp->unacknowledged = 1;
        c.tcp->since_last_ack = 90s;
        CHECK(verdict(c) == Verdict::peer_silent);
    }
    SECTION("retransmissions of what has been acknowledged since are history") {
        c.tcp->retransmits = 3;
        c.tcp->since_last_ack = 90s;
        CHECK(verdict(c) == Verdict::peer_not_reading);
    }
    SECTION("retransmissions alone prove nothing while acknowledgements still come") {
        c.tcp->unacknowledged = 1;
        c.tcp->retransmits = 2;
        CHECK(verdict(c) == Verdict::peer_not_reading);
    }
    SECTION("unacknowledged, retransmitted, and not a sign since its last byte: it has vanished") {
        c.tcp->unacknowledged = 3;
        c.tcp->retransmits = 8;
        c.tcp->since_last_ack = 90s;
        const auto d = kb::diagnose(c);
        CHECK(d.verdict == Verdict::half_open_peer);
        CHECK(d.confidence == Confidence::certain);
        CHECK(mentions(d, "3 segments unacknowledged, 8 retransmissions"));
        CHECK(mentions(d, "3 in a row missed"));
    }
}

TEST_CASE("a kernel that gave up retransmitting names a half-open peer whatever else happened") {
    auto c = after_a_minute(Cause::read_error);
    c.error = std::make_error_code(std::errc::timed_out);
    CHECK(verdict(c) == Verdict::half_open_peer);
}

TEST_CASE("a stalled write and a full queue are told apart from a vanished peer") {
    for (const auto& [cause, named] :
         {std::pair{Cause::write_stalled, Verdict::writer_stalled}, std::pair{Cause::slow_consumer, Verdict::slow_consumer}}) {
        auto c = after_a_minute(cause);
        c.write_stalled_for = 30s;
        c.queued_messages = 40;
        c.queued_bytes = 1 << 20;
        CHECK(verdict(c) == named);
        CHECK(mentions(kb::diagnose(c), "1048576 bytes queued"));
        CHECK(mentions(kb::diagnose(c), "waiting for the peer for 30.0 s"));

        c.since_last_byte_in = 31s;
        c.tcp = kb::TcpEvidence{.unacknowledged = 9, .retransmits = 6, .since_last_ack = 31s};
        CHECK(verdict(c) == Verdict::half_open_peer);
    }
}

TEST_CASE("a stalled loop is suspected when a client lost patience, and mentioned whatever the verdict") {
    auto impatient = closed_by_client(1011, "keepalive ping timeout");
    impatient.loop_lag = 25s;
    CHECK(verdict(impatient) == Verdict::server_stalled);
    CHECK(confidence(impatient) == Confidence::likely);

    auto gone = after_a_minute(Cause::eof_without_close);
    gone.loop_lag = 3s;
    CHECK(verdict(gone) == Verdict::server_stalled);
    CHECK(confidence(gone) == Confidence::possible);
    CHECK(mentions(kb::diagnose(gone), "late by up to 3.00 s"));

    auto big = after_a_minute(Cause::message_too_big);
    big.loop_lag = 3s;
    CHECK(verdict(big) == Verdict::message_too_big);
    CHECK(mentions(kb::diagnose(big), "late by up to 3.00 s"));
    big.loop_lag = 900ms;
    CHECK_FALSE(mentions(kb::diagnose(big), "late by"));
}

TEST_CASE("who was sent away and did not answer is named for that, or for having vanished") {
    for (const auto& [cause, named] :
         {std::pair{Cause::application_close, Verdict::closed_by_application}, std::pair{Cause::server_drain, Verdict::server_drained},
          std::pair{Cause::auth_expired, Verdict::credentials_expired}}) {
        auto c = after_a_minute(cause);
        c.phase = kb::Phase::closing;
        CHECK(verdict(c) == named);
        c.forced = true;
        CHECK(verdict(c) == Verdict::close_unanswered);
        CHECK(mentions(kb::diagnose(c), "closed for " + std::string{to_string(cause)}));
        c.since_last_byte_in = 9s;
        c.tcp = kb::TcpEvidence{.unacknowledged = 1, .retransmits = 4, .since_last_ack = 9s};
        CHECK(verdict(c) == Verdict::half_open_peer);
    }
}
