#include <kingbolt/engine/close_plan.hpp>

#include <chrono>
#include <string>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;
using engine::close_reason;
using engine::ended_by;
using engine::fitting_reason;
using engine::plan_close;

TEST_CASE("a code that says come back says after how many milliseconds, rounded up") {
    CHECK(close_reason(Cause::pong_timeout, CloseCode::pong_timeout, 350ms) == "pong_timeout after_ms=350");
    CHECK(close_reason(Cause::server_drain, CloseCode::server_drain, 350ms + 1ns) == "server_drain after_ms=351");
    CHECK(close_reason(Cause::server_drain, CloseCode::server_drain, 0ms) == "server_drain after_ms=0");
    CHECK(close_reason(Cause::application_close, static_cast<CloseCode>(4499), 1s) == "application_close after_ms=1000");
}

TEST_CASE("a code that does not say come back promises no delay") {
    CHECK(close_reason(Cause::message_too_big, CloseCode::message_too_big, 1s) == "message_too_big");
    CHECK(close_reason(Cause::application_close, CloseCode::do_not_come_back, 1s) == "application_close");
    CHECK(close_reason(Cause::application_close, static_cast<CloseCode>(3999), 1s) == "application_close");
}

TEST_CASE("every reason of the hub fits into a Close frame") {
    for (unsigned n = 0; n <= static_cast<unsigned>(Cause::application_close); ++n) {
        const std::string reason = plan_close(static_cast<Cause>(n), std::chrono::hours{24 * 365}).reason;
        CHECK(fitting_reason(reason) == reason);
    }
}

TEST_CASE("a reason is cut to 123 bytes, between two characters") {
    CHECK(fitting_reason("").empty());
    const std::string ascii(200, 'x');
    CHECK(fitting_reason(ascii) == ascii.substr(0, 123));
    CHECK(fitting_reason(ascii.substr(0, 123)).size() == 123);
    CHECK(fitting_reason(ascii.substr(0, 122) + "é").size() == 122);          // the character ends at 124
    CHECK(fitting_reason(ascii.substr(0, 121) + "é" + ascii).size() == 123);  // ends at 123
    CHECK(fitting_reason(ascii.substr(0, 120) + "😀" + ascii).size() == 120);  // four bytes
    CHECK(fitting_reason(std::string(200, '\x80')).empty());                  // no UTF-8: nothing to keep
}

TEST_CASE("only a drain still delivers what is queued") {
    for (unsigned n = 0; n <= static_cast<unsigned>(Cause::application_close); ++n) {
        const auto cause = static_cast<Cause>(n);
        const auto plan = plan_close(cause, 0ms);
        CHECK(plan.cause == cause);
        CHECK(plan.code == close_code_for(cause));
        CHECK(plan.flush == (cause == Cause::server_drain));
    }
}

TEST_CASE("each cause is somebody's doing") {
    CHECK(ended_by(Cause::client_close) == EndedBy::client);
    CHECK(ended_by(Cause::eof_without_close) == EndedBy::client);
    CHECK(ended_by(Cause::reset_by_peer) == EndedBy::network);
    CHECK(ended_by(Cause::write_error) == EndedBy::network);
    CHECK(ended_by(Cause::read_error) == EndedBy::network);
    CHECK(ended_by(Cause::tls_error) == EndedBy::network);
    const Cause decided = GENERATE(
        Cause::pong_timeout, Cause::write_stalled, Cause::slow_consumer, Cause::rate_limited, Cause::message_too_big, Cause::protocol_error,
        Cause::invalid_utf8, Cause::handshake_timeout, Cause::bad_handshake, Cause::upgrade_refused, Cause::unoffered_subprotocol,
        Cause::http_request, Cause::hub_overloaded, Cause::not_admitted, Cause::origin_refused, Cause::unauthenticated, Cause::auth_expired,
        Cause::auth_revoked, Cause::server_drain, Cause::handler_error, Cause::application_close);
    CHECK(ended_by(decided) == EndedBy::server);
}
