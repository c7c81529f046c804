#include <kingbolt/core/error.hpp>

#include <set>
#include <string>
#include <system_error>

#include "support/catch.hpp"

using namespace kingbolt;

TEST_CASE("an Errc is an error code of the category `kingbolt`, with a message of its own") {
    std::set<std::string> messages;
    for (const Errc error : {Errc::session_gone, Errc::draining, Errc::queue_full, Errc::backlog_full, Errc::bad_credentials,
                             Errc::not_permitted, Errc::too_many_subscriptions, Errc::bad_topic, Errc::connection_lost,
                             Errc::client_stopped, Errc::request_refused, Errc::bad_json}) {
        const std::error_code code = error;
        CHECK(code);
        CHECK(code == error);
        CHECK(std::string{code.category().name()} == "kingbolt");
        CHECK(code.message() != "unknown error");
        CHECK(messages.insert(code.message()).second);
    }
    CHECK(error_category().message(999) == "unknown error");
}

TEST_CASE("no error is zero") {
    CHECK_FALSE(std::error_code{});
    CHECK(static_cast<int>(Errc::session_gone) != 0);
    CHECK(static_cast<int>(Condition::timeout) != 0);
}

TEST_CASE("what less load or a later time would cure is the condition `overloaded`") {
    CHECK(std::error_code{Errc::queue_full} == Condition::overloaded);
    CHECK(std::error_code{Errc::backlog_full} == Condition::overloaded);
    CHECK(std::error_code{Errc::draining} == Condition::overloaded);
    CHECK(std::error_code{Errc::too_many_subscriptions} == Condition::overloaded);
    CHECK(std::error_code{Errc::session_gone} != Condition::overloaded);
    CHECK(std::error_code{Errc::bad_topic} != Condition::overloaded);
    CHECK(std::error_code{Errc::queue_full} != Condition::timeout);
    CHECK(std::error_code{Errc::queue_full} != Condition::unauthorized);
}

TEST_CASE("what the client may not do is the condition `unauthorized`") {
    CHECK(std::error_code{Errc::bad_credentials} == Condition::unauthorized);
    CHECK(std::error_code{Errc::not_permitted} == Condition::unauthorized);
    CHECK(std::error_code{Errc::session_gone} != Condition::unauthorized);
}

TEST_CASE("an error of another category is none of kingbolt's conditions") {
    CHECK(std::make_error_code(std::errc::timed_out) != Condition::timeout);
    CHECK(std::error_code{static_cast<int>(Errc::queue_full), std::generic_category()} != Condition::overloaded);
}

TEST_CASE("each condition has its message") {
    CHECK(std::error_condition{Condition::timeout}.message() == "timeout");
    CHECK(std::error_condition{Condition::overloaded}.message() == "overloaded");
    CHECK(std::error_condition{Condition::unauthorized}.message() == "unauthorized");
    CHECK(std::error_condition(999, make_error_condition(Condition::timeout).category()).message() == "unknown condition");
    CHECK(std::string{make_error_condition(Condition::timeout).category().name()} == "kingbolt.condition");
}

TEST_CASE("InvalidOption says option, value, range and cure in one line") {
    const InvalidOption error{"Outbox.max_messages", "0", "1 to 1,000,000", "use drop_newest to keep little"};
    CHECK(std::string{error.what()} == "Outbox.max_messages = 0 is out of range (1 to 1,000,000): use drop_newest to keep little");
    CHECK(error.option() == "Outbox.max_messages");
    CHECK(error.value() == "0");
    CHECK(error.range() == "1 to 1,000,000");
    CHECK(error.cure() == "use drop_newest to keep little");
}

TEST_CASE("InvalidOption is an std::invalid_argument") {
    CHECK_THROWS_AS((throw InvalidOption{"a", "b", "c", "d"}), std::invalid_argument);
}
