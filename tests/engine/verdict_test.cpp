#include <kingbolt/engine/diagnosis.hpp>

#include "ended_sessions.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace kingbolt::test;

TEST_CASE("a client's Close frame is read for what it says") {
    CHECK(verdict(closed_by_client(1000)) == Verdict::client_closed);
    CHECK(verdict(closed_by_client(1001)) == Verdict::client_closed);
    CHECK(verdict(closed_by_client(1005)) == Verdict::client_closed);
    CHECK(verdict(closed_by_client(3007)) == Verdict::client_closed);
    for (const unsigned code : {1002U, 1003U, 1007U, 1008U, 1009U, 1010U})
        CHECK(verdict(closed_by_client(code)) == Verdict::client_found_fault);
    CHECK(verdict(closed_by_client(1011)) == Verdict::client_failed);
    CHECK(verdict(closed_by_client(1011, "keepalive ping timeout")) == Verdict::client_keepalive_gave_up);
    CHECK(mentions(kb::diagnose(closed_by_client(1009, "too\nbig")), "the client's Close frame: 1009 \"too\\x0abig\""));
}

TEST_CASE("a fault of the client stays the verdict when it did not answer the Close either") {
    auto c = after_a_minute(Cause::message_too_big);
    c.forced = true;
    CHECK(verdict(c) == Verdict::message_too_big);
    CHECK(mentions(kb::diagnose(c), "close handshake did not complete"));
}

TEST_CASE("reserved bits and extensions are told apart from other protocol errors by the transport's detail") {
    for (const char* detail : {"reserved bits set without an extension", "RSV1 set", "Compressed frame", "Extension not negotiated"}) {
        auto c = after_a_minute(Cause::protocol_error);
        c.detail = detail;
        CHECK(verdict(c) == Verdict::extension_mismatch);
        CHECK(mentions(kb::diagnose(c), detail));
    }
    auto c = after_a_minute(Cause::protocol_error);
    c.detail = "unmasked frame";
    CHECK(verdict(c) == Verdict::protocol_violation);
}

TEST_CASE("what the hub saw or decided itself is certain") {
    const std::pair<Cause, Verdict> known[] = {
        {Cause::tls_error, Verdict::tls_failed},
        {Cause::rate_limited, Verdict::rate_limited},
        {Cause::message_too_big, Verdict::message_too_big},
        {Cause::protocol_error, Verdict::protocol_violation},
        {Cause::invalid_utf8, Verdict::invalid_utf8},
        {Cause::hub_overloaded, Verdict::hub_out_of_memory},
        {Cause::not_admitted, Verdict::not_admitted},
        {Cause::origin_refused, Verdict::foreign_origin},
        {Cause::unauthenticated, Verdict::not_authenticated},
        {Cause::auth_expired, Verdict::credentials_expired},
        {Cause::auth_revoked, Verdict::credentials_revoked},
        {Cause::server_drain, Verdict::server_drained},
        {Cause::handler_error, Verdict::handler_threw},
        {Cause::application_close, Verdict::closed_by_application},
        {Cause::reset_by_peer, Verdict::reset},
        {Cause::read_error, Verdict::network_failed},
        {Cause::write_error, Verdict::network_failed},
    };
    for (const auto& [cause, named] : known) {
        INFO(to_string(cause));
        CHECK(verdict(after_a_minute(cause)) == named);
        CHECK(confidence(after_a_minute(cause)) == Confidence::certain);
    }
}

TEST_CASE("ends before the upgrade have verdicts of their own") {
    const std::pair<Cause, Verdict> known[] = {
        {Cause::eof_without_close, Verdict::left_before_upgrade},
        {Cause::reset_by_peer, Verdict::left_before_upgrade},
        {Cause::handshake_timeout, Verdict::handshake_timed_out},
        {Cause::bad_handshake, Verdict::bad_handshake},
        {Cause::upgrade_refused, Verdict::upgrade_refused},
        {Cause::unoffered_subprotocol, Verdict::unoffered_subprotocol},
        {Cause::http_request, Verdict::http_answered},
        {Cause::tls_error, Verdict::tls_failed},
    };
    for (const auto& [cause, named] : known) {
        INFO(to_string(cause));
        CHECK(verdict(in_handshake(cause)) == named);
    }
    CHECK(mentions(kb::diagnose(in_handshake(Cause::handshake_timeout)), "never upgraded; 0 bytes came"));
}

TEST_CASE("every verdict has a name of its own, one sentence and a cure") {
    std::vector<std::string_view> names;
    for (int v = 0; v <= static_cast<int>(kb::last_verdict); ++v) {
        const auto text = kb::text_of(static_cast<Verdict>(v));
        INFO(v << ' ' << text.name);
        CHECK(std::ranges::count(names, text.name) == 0);
        names.push_back(text.name);
        CHECK_FALSE(text.name.empty());
        CHECK(text.summary.ends_with('.'));
        CHECK(text.summary.find(". ") == std::string_view::npos);
        CHECK(text.cure.ends_with('.'));
    }
}

TEST_CASE("every cause gets a verdict with evidence, in every phase") {
    for (int n = 0; n <= static_cast<int>(Cause::application_close); ++n) {
        for (auto make : {&after_a_minute, &at_once, &in_handshake}) {
            const auto d = kb::diagnose(make(static_cast<Cause>(n)));
            INFO(to_string(static_cast<Cause>(n)));
            CHECK_FALSE(d.evidence.empty());
            CHECK(d.summary == kb::text_of(d.verdict).summary);
            CHECK(d.cure == kb::text_of(d.verdict).cure);
        }
    }
}

TEST_CASE("a customary deadline is met a little late, hardly ever early") {
    using kb::engine::customary_deadline;
    CHECK(customary_deadline(60s) == kb::Duration{60s});
    CHECK(customary_deadline(61s) == kb::Duration{60s});
    CHECK(customary_deadline(59s + 500ms) == kb::Duration{60s});
    CHECK(customary_deadline(59s) == std::nullopt);
    CHECK(customary_deadline(62s) == std::nullopt);
    CHECK(customary_deadline(1s + 140ms) == kb::Duration{1s});
    CHECK(customary_deadline(900ms) == std::nullopt);
    CHECK(customary_deadline(0s) == std::nullopt);
}
