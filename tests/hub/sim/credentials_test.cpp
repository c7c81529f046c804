// As whom a client comes in, for how long, and what it may do.

#include "hub/doorman.hpp"
#include "hub/rig.hpp"

#include <kingbolt/policy/scope_authorizer.hpp>

#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;
using namespace kingbolt::event;

TEST_CASE("who shows no credentials, or bad ones, is answered 401 before the upgrade, and only the journal hears why") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman};
    bool asked = false;
    rig.hub.on_upgrade([&](const kb::UpgradeRequest&) {
        asked = true;
        return kb::UpgradeResponse::accept();
    });
    for (const auto& [shown, why] : {std::pair{"", "no credentials"}, std::pair{"bad", "a bad token"}}) {
        auto& client = world.connect({.headers = token(shown)});
        const auto closed = rig.closed(client);
        CHECK(closed.cause == kb::Cause::unauthenticated);
        CHECK(closed.detail == why);
        REQUIRE(status(rig, client) == 401);
        const kb::HttpRequest answer{.headers = client.response()->headers};
        CHECK(answer.header("WWW-Authenticate") == "Bearer");
        CHECK(client.response()->body == "authentication required\n");
    }
    CHECK_FALSE(asked);
    CHECK(rig.journal.template of<Rejected>().size() == 2);
    const auto failures = rig.journal.template of<AuthenticationFailed>();
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].why == kb::AuthFailure::missing);
    CHECK(failures[1].why == kb::AuthFailure::refused);
    CHECK_FALSE(failures[1].again);
}

TEST_CASE("the identity is on the session, and the application never sees the credentials") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman};
    std::optional<kb::Identity> asked;
    bool saw_token = true;
    rig.hub.on_upgrade([&](const kb::UpgradeRequest& request) {
        asked = *request.identity;
        saw_token = !request.header("Authorization").empty();
        return kb::UpgradeResponse::accept();
    });
    auto& client = rig.open({.headers = token("good:ann")});
    REQUIRE(asked);
    CHECK(asked->subject == "ann");
    CHECK_FALSE(saw_token);
    REQUIRE(rig.session(client).identity() != nullptr);
    CHECK(*rig.session(client).identity() == *asked);
    CHECK(rig.journal.template of<Authenticated>()[0].subject == "ann");
}

TEST_CASE("an authenticator that throws costs one client a 503, and counts as no failed attempt") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman};
    for (int i = 0; i < 10; ++i) {
        auto& client = world.connect({.headers = token("throw"), .remote = "10.1.0.1:5000"});
        CHECK(rig.closed(client).cause == kb::Cause::handler_error);
        CHECK(status(rig, client) == 503);
    }
    rig.open({.headers = token("good:ann"), .remote = "10.1.0.1:5001"});
    rig.open({.headers = token("good:ann")});
}

TEST_CASE("a session ends 25 s after its credentials, told to come back with new ones") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman, kb::NoKeepAlive{}};
    auto& client = rig.open({.headers = token("good:ann:60")});
    auto& eternal = rig.open({.headers = token("good:ann")});
    world.run_for(84s);
    CHECK(client.is_open());
    world.run_for(2s);
    CHECK(client.close_code() == kb::CloseCode::auth_expired);
    CHECK(client.close_reason().starts_with("auth_expired after_ms="));
    CHECK(rig.closed(client).cause == kb::Cause::auth_expired);
    world.run_for(std::chrono::hours{24});
    CHECK(eternal.is_open());
}

TEST_CASE("new credentials of the same subject take the place of those that expire") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman, kb::NoKeepAlive{}};
    auto& client = rig.open({.headers = token("good:ann:60")});
    world.run_for(50s);
    const auto refresh = [&](const char* token) {
        std::optional<std::error_code> outcome;
        rig.session(client).refresh(token, [&](std::error_code error) { outcome = error; });
        REQUIRE(outcome);
        return *outcome;
    };
    CHECK(refresh("bad") == kb::Errc::bad_credentials);
    CHECK(refresh("") == kb::Errc::bad_credentials);
    CHECK(refresh("good:bob:600") == kb::Errc::bad_credentials);
    CHECK_FALSE(refresh("good:ann:600"));
    CHECK(rig.session(client).identity()->token_id == "id-ann:600");
    CHECK(rig.journal.template of<Authenticated>()[1].again);
    world.run_for(600s);
    CHECK(client.is_open());
    world.run_for(26s);
    CHECK(rig.closed(client).cause == kb::Cause::auth_expired);
}

TEST_CASE("refreshing is no way to guess") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman, kb::NoKeepAlive{}};
    auto& client = rig.open({.headers = token("good:ann:60")});
    std::vector<std::error_code> outcomes;
    for (int i = 0; i < 8; ++i) rig.session(client).refresh("bad", [&](std::error_code error) { outcomes.push_back(error); });
    CHECK(outcomes[0] == kb::Errc::bad_credentials);
    CHECK(outcomes[7] == kb::Errc::rate_limited);
    const auto failures = rig.journal.template of<AuthenticationFailed>();
    REQUIRE(failures.size() == 8);
    CHECK(failures.front() == AuthenticationFailed{rig.id(client), kb::AuthFailure::refused, true, failures.front().at});
    CHECK(failures.back().why == kb::AuthFailure::locked);
    rig.session(client).refresh("good:ann:60", [&](std::error_code error) { outcomes.push_back(error); });
    CHECK(outcomes[8] == kb::Errc::rate_limited);
    CHECK(client.is_open());
}

TEST_CASE("without an authenticator there is nobody to know, and nothing to refresh") {
    World world;
    Rig rig{world};
    auto& client = rig.open();
    CHECK(rig.session(client).identity() == nullptr);
    std::error_code outcome;
    rig.session(client).refresh("good:ann", [&](std::error_code error) { outcome = error; });
    CHECK(outcome == kb::Errc::bad_credentials);
}

TEST_CASE("revoking a subject, or one token, closes the live sessions at once and for good") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman};
    auto& first = rig.open({.headers = token("good:ann:60")});
    auto& second = rig.open({.headers = token("good:ann:70")});
    auto& other = rig.open({.headers = token("good:bob")});
    rig.hub.revoke_token("id-ann:70");
    CHECK(rig.closed(second).cause == kb::Cause::auth_revoked);
    CHECK(second.close_code() == kb::CloseCode::auth_revoked);
    CHECK_FALSE(kb::may_come_back(*second.close_code()));
    CHECK(first.is_open());
    rig.hub.revoke_subject("ann");
    CHECK(rig.closed(first).cause == kb::Cause::auth_revoked);
    rig.hub.revoke_token("");
    world.run_for(1s);
    CHECK(other.is_open());
}

TEST_CASE("with an authorizer nothing is permitted that no scope says") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman, kb::ScopeAuthorizer{}};
    auto& client = rig.open({.headers = token("good:ann")});
    auto& session = rig.session(client);
    CHECK_FALSE(session.subscribe("news.today"));
    CHECK_FALSE(session.subscribe("news.*"));
    CHECK(session.subscribe("news") == kb::Errc::not_permitted);
    CHECK(session.subscribe("newspaper") == kb::Errc::not_permitted);
    CHECK(session.subscribe("*") == kb::Errc::not_permitted);
    CHECK(session.subscribe("agents.7") == kb::Errc::not_permitted);
    CHECK(session.permits(kb::Action::call, "echo"));
    CHECK_FALSE(session.permits(kb::Action::call, "shutdown"));
    CHECK_FALSE(session.permits(kb::Action::publish, "news.today"));
}

TEST_CASE("subscriptions that a new token does not permit end with it") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman, kb::ScopeAuthorizer{}};
    auto& client = rig.open({.headers = token("good:ann")});
    auto& session = rig.session(client);
    for (const char* topic : {"news.a", "news.today", "news.*", "news.b"}) REQUIRE_FALSE(session.subscribe(topic));
    std::optional<std::error_code> outcome;
    const auto refresh = [&](const char* token) { session.refresh(token, [&](std::error_code error) { outcome = error; }); };

    refresh("less:bob");
    CHECK(outcome == kb::Errc::bad_credentials);
    CHECK(rig.journal.template of<Unsubscribed>().empty());
    REQUIRE_FALSE(rig.hub.publish("news.a", "heard before"));
    refresh("less:ann");
    CHECK_FALSE(*outcome);
    std::vector<std::string> ended;
    for (const Unsubscribed& e : rig.journal.template of<Unsubscribed>()) ended.push_back(e.topic);
    CHECK(ended == std::vector<std::string>{"news.a", "news.*", "news.b"});
    CHECK(session.subscribe("news.a") == kb::Errc::not_permitted);
    for (const char* topic : {"news.a", "news.today", "news.b"}) REQUIRE_FALSE(rig.hub.publish(topic, topic));
    world.run_for(1s);
    CHECK(rig.texts(client) == std::vector<std::string>{"heard before", "news.today"});
}

namespace {

/// Lets news be heard until it is told not to answer any more.
struct Forgetful {
    using slot = kb::slot::authorizer;
    const bool* forgets;

    bool permits(const kb::Identity&, kb::Action, std::string_view) const {
        if (*forgets) throw std::runtime_error{"the rules have gone"};
        return true;
    }
};

/// Cannot tell anybody anything.
struct Mute : kb::engine::HubCompanion {
    void on_published(std::string_view, const kb::Frame&, kb::TimePoint) noexcept override {}
    std::string farewell(kb::SessionId, kb::CloseCode, std::string_view) noexcept override { return {}; }
    void on_unsubscribed(kb::SessionId, std::string_view) noexcept override {}
    void on_no_longer_permitted(kb::Session&, std::string_view) override { throw std::bad_alloc{}; }
    void on_gone(kb::SessionId) noexcept override {}
    void on_tick(kb::TimePoint) noexcept override {}
};

}  // namespace

TEST_CASE("a new token about which the authorizer fails is not taken, and the old one holds") {
    World world;
    Doorman doorman;
    bool forgets = false;
    Rig rig{world, doorman, Forgetful{&forgets}};
    auto& client = rig.open({.headers = token("good:ann")});
    REQUIRE_FALSE(rig.session(client).subscribe("news.a"));
    forgets = true;
    std::error_code outcome;
    rig.session(client).refresh("less:ann", [&](std::error_code error) { outcome = error; });
    CHECK(outcome == kb::Errc::bad_credentials);
    CHECK(rig.journal.template of<HandlerFailed>()[0].what == "the rules have gone");
    CHECK(rig.session(client).identity()->token_id == "id-ann");
    CHECK(rig.journal.template of<Unsubscribed>().empty());
}

TEST_CASE("a session that cannot be told of the subscriptions it has lost is closed") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman, kb::ScopeAuthorizer{}};
    Mute mute;
    rig.hub.accompany(&mute);
    auto& client = rig.open({.headers = token("good:ann")});
    REQUIRE_FALSE(rig.session(client).subscribe("news.*"));
    rig.session(client).refresh("less:ann", [](std::error_code) {});
    CHECK(rig.closed(client).cause == kb::Cause::handler_error);
    rig.hub.accompany(nullptr);
}

TEST_CASE("with an authorizer and no authenticator nobody may do anything") {
    World world;
    Rig rig{world, kb::ScopeAuthorizer{}};
    auto& client = rig.open();
    CHECK(rig.session(client).subscribe("news.today") == kb::Errc::not_permitted);
    CHECK_FALSE(rig.session(client).permits(kb::Action::call, "echo"));
}

TEST_CASE("after five bad attempts from an address nothing is verified there for a while, and elsewhere it is") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman};
    const auto attempt = [&](const char* shown, const char* from) {
        auto& client = world.connect({.headers = {{"Authorization", shown}, {"X-Account", "ann"}}, .remote = from});
        REQUIRE(rig.until([&] { return client.upgrade_status() != 0; }));
        return client.upgrade_status();
    };
    std::vector<unsigned> answers;
    for (int i = 0; i < 8; ++i) answers.push_back(attempt("bad", "10.1.0.1:5000"));
    CHECK(answers[0] == 401);
    CHECK(answers[7] == 429);
    const int judged = doorman.judged;
    CHECK(attempt("good:ann", "10.1.0.1:5001") == 429);
    CHECK(doorman.judged == judged);
    CHECK(attempt("good:ann", "10.1.0.2:5000") == 101);
    world.run_for(2s);
    CHECK(attempt("good:ann", "10.1.0.1:5002") == 101);
}

TEST_CASE("to come without credentials is no failure, however often") {
    World world;
    Doorman doorman;
    Rig rig{world, doorman};
    for (int i = 0; i < 20; ++i) CHECK(rig.closed(world.connect({.remote = "10.1.0.1:5000"})).cause == kb::Cause::unauthenticated);
    CHECK(rig.open({.headers = token("good:ann"), .remote = "10.1.0.1:5001"}).is_open());
}

TEST_CASE("an authenticator may take its time, and answer from within") {
    World world;
    SlowDoorman doorman;
    Rig rig{world, doorman};
    auto& good = world.connect({.headers = token("good:ann")});
    auto& bad = world.connect({.headers = token("bad")});
    auto& quick = rig.open({.headers = token("at once")});
    CHECK(rig.session(quick).identity()->subject == "ann");
    world.run_for(2s);
    REQUIRE(doorman.questions.size() == 2);
    CHECK(good.upgrade_status() == 0);
    good.send_text("said before the answer");
    doorman.answer(1);
    doorman.answer(0);
    CHECK(rig.closed(bad).cause == kb::Cause::unauthenticated);
    CHECK(status(rig, bad) == 401);
    REQUIRE(rig.until([&] { return good.is_open(); }));
    CHECK(rig.until_messages_in(1));

    SECTION("also for a refresh") {
        std::optional<std::error_code> outcome;
        rig.session(good).refresh("good:ann:60", [&](std::error_code error) { outcome = error; });
        world.run_for(1s);
        CHECK_FALSE(outcome);
        std::error_code second;
        rig.session(good).refresh("good:ann:70", [&](std::error_code error) { second = error; });
        CHECK(second == kb::Errc::rate_limited);
        doorman.answer(2);
        REQUIRE(rig.until([&] { return outcome.has_value(); }));
        CHECK_FALSE(*outcome);
        CHECK(rig.session(good).identity()->token_id == "id-ann:60");
    }
    SECTION("a refresh that nobody waits for any more is cancelled") {
        rig.session(good).refresh("good:ann:60", [](std::error_code) { FAIL("the session has ended"); });
        good.reset();
        rig.closed(good);
        CHECK(doorman.questions[2].cancelled);
        doorman.answer(2);
        world.run_for(1s);
    }
    SECTION("a refresh whose session has gone meanwhile is told so") {
        std::optional<std::error_code> outcome;
        rig.session(good).refresh("good:ann:60", [&](std::error_code error) { outcome = error; });
        rig.hub.close(rig.id(good));
        doorman.answer(2);
        REQUIRE(rig.until([&] { return outcome.has_value(); }));
        CHECK(*outcome == kb::Errc::session_gone);
    }
}

TEST_CASE("an answer for a client that has left, or was cut at its deadline, is cancelled, and does nothing when it comes all the same") {
    World world;
    SlowDoorman doorman;
    Rig rig{world, doorman};
    auto& left = world.connect({.headers = token("good:ann")});
    auto& slow = world.connect({.headers = token("good:bob")});
    REQUIRE(rig.until([&] { return doorman.questions.size() == 2; }));
    left.drop();
    CHECK(rig.closed(left).cause == kb::Cause::eof_without_close);
    CHECK(doorman.questions[0].cancelled);
    CHECK(rig.closed(slow).cause == kb::Cause::handshake_timeout);
    CHECK(doorman.questions[1].cancelled);
    doorman.answer(0);
    doorman.answer(1);
    world.run_for(1s);
    CHECK(rig.hub.stats().opened == 0);
}

TEST_CASE("an answer that comes after the hub has gone does nothing") {
    World world;
    SlowDoorman doorman;
    {
        kb::Hub hub{world.transport(), world.clock(), doorman};
        world.connect({.headers = token("good:ann")});
        REQUIRE(world.until([&] { return doorman.questions.size() == 1; }));
    }
    doorman.answer(0);
    world.run_for(1s);
}
