#include <kingbolt/core/close_code.hpp>

#include <set>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace kingbolt;

namespace {

// `Cause` is a closed list; its last enumerator is application_close.
constexpr unsigned causes = static_cast<unsigned>(Cause::application_close) + 1;
constexpr Cause cause(unsigned n) { return static_cast<Cause>(n); }

constexpr unsigned number(CloseCode code) { return static_cast<unsigned>(code); }

}  // namespace

TEST_CASE("every cause has a name of its own, in lower case and underscores") {
    std::set<std::string_view> names;
    for (unsigned n = 0; n < causes; ++n) {
        const std::string_view name = to_string(cause(n));
        INFO(name);
        CHECK(name != "unknown");
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string_view::npos);
        CHECK(names.insert(name).second);
    }
    CHECK(to_string(cause(causes)) == "unknown");
}

TEST_CASE("each cause that the hub decides has the close code of the table") {
    const auto [ended, code] = GENERATE(table<Cause, unsigned>({
        {Cause::pong_timeout, 4002},
        {Cause::write_stalled, 4004},
        {Cause::slow_consumer, 4003},
        {Cause::rate_limited, 4029},
        {Cause::message_too_big, 1009},
        {Cause::protocol_error, 1002},
        {Cause::invalid_utf8, 1007},
        {Cause::hub_overloaded, 4005},
        {Cause::auth_expired, 4010},
        {Cause::auth_revoked, 4510},
        {Cause::server_drain, 4001},
        {Cause::handler_error, 1011},
        {Cause::application_close, 4000},
    }));
    INFO(to_string(ended));
    CHECK(number(close_code_for(ended)) == code);
}

TEST_CASE("causes that end without a Close frame give 1006") {
    const Cause ended =
        GENERATE(Cause::client_close, Cause::eof_without_close, Cause::reset_by_peer, Cause::write_error, Cause::read_error,
                 Cause::tls_error, Cause::handshake_timeout, Cause::bad_handshake, Cause::upgrade_refused, Cause::unoffered_subprotocol,
                 Cause::http_request, Cause::not_admitted, Cause::origin_refused, Cause::unauthenticated);
    INFO(to_string(ended));
    CHECK(close_code_for(ended) == CloseCode::abnormal);
}

TEST_CASE("the hub never says 1000 on its own, and what it says may be sent") {
    for (unsigned n = 0; n < causes; ++n) {
        const CloseCode code = close_code_for(cause(n));
        INFO(to_string(cause(n)));
        CHECK(code != CloseCode::normal);
        CHECK((code == CloseCode::abnormal || is_sendable(code)));
    }
}

TEST_CASE("a Close frame may carry 1000-1003, 1007-1014 and 3000-4999, and nothing else") {
    for (unsigned n = 0; n <= 0xFFFF; ++n) {
        const bool allowed = (n >= 1000 && n <= 1003) || (n >= 1007 && n <= 1014) || (n >= 3000 && n <= 4999);
        if (is_sendable(static_cast<CloseCode>(n)) != allowed) FAIL("wrong about " << n);
    }
    CHECK_FALSE(is_sendable(CloseCode::no_status));
    CHECK_FALSE(is_sendable(CloseCode::abnormal));
}

TEST_CASE("4000-4499 say come back, 4500-4999 say do not") {
    for (unsigned n = 4000; n < 5000; ++n)
        if (may_come_back(static_cast<CloseCode>(n)) != (n < 4500)) FAIL("wrong about " << n);
    CHECK(may_come_back(CloseCode::going_away));
    CHECK(may_come_back(CloseCode::abnormal));
    CHECK(may_come_back(CloseCode::internal_error));
    CHECK(may_come_back(CloseCode::service_restart));
    CHECK(may_come_back(CloseCode::try_again_later));
    CHECK_FALSE(may_come_back(CloseCode::normal));
    CHECK_FALSE(may_come_back(CloseCode::protocol_error));
    CHECK_FALSE(may_come_back(CloseCode::message_too_big));
    CHECK_FALSE(may_come_back(CloseCode::do_not_come_back));
}
