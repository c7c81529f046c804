// How a session ends, from either side.

#include "hub/rig.hpp"

#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;

TEST_CASE("a close sends what was queued, then the Close frame with its code and reason, and nothing after it") {
    World world;
    Rig rig{world};
    auto& client = rig.subscriber("news");
    rig.hub.publish("news", "last words");
    kb::Session& session = rig.session(client);
    session.close(kb::CloseCode::do_not_come_back, "goodbye");

    // The decision stands from this moment on.
    CHECK(rig.hub.find(rig.id(client)) == nullptr);
    CHECK(session.send("no") == kb::Errc::session_gone);
    CHECK(session.subscribe("more") == kb::Errc::session_gone);
    session.close(kb::CloseCode::internal_error, "a second thought");
    rig.hub.publish("news", "no");
    rig.hub.send(rig.id(client), "no");

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::application_close);
    CHECK(closed.ended_by == kb::EndedBy::server);
    CHECK(closed.phase == kb::Phase::closing);
    CHECK(closed.code == kb::CloseCode::do_not_come_back);
    CHECK(closed.reason == "goodbye");
    CHECK_FALSE(closed.forced);
    REQUIRE(rig.until([&] { return client.has_ended(); }));
    CHECK(client.close_code() == kb::CloseCode::do_not_come_back);
    CHECK(client.close_reason() == "goodbye");
    REQUIRE(client.received().size() == 1);
    CHECK(client.received()[0].payload == "last words");
    CHECK(closed.messages_out == 1);
    CHECK(closed.queued_bytes == 0);
    CHECK(closed.queued_messages == 0);
    const auto closing = rig.journal.template of<kb::event::Closing>();
    REQUIRE(closing.size() == 1);
    CHECK(closing[0].code == kb::CloseCode::do_not_come_back);
    CHECK(closing[0].reason == "goodbye");
}

TEST_CASE("a close without words says 4000 and when to come back") {
    World world;
    Rig rig{world};
    auto& client = rig.open();
    rig.hub.close(rig.id(client));

    CHECK(rig.closed(client).code == kb::CloseCode::come_back);
    REQUIRE(rig.until([&] { return client.close_code().has_value(); }));
    CHECK(client.close_code() == kb::CloseCode::come_back);
    const std::string expected = "application_close after_ms=";
    CHECK(client.close_reason().starts_with(expected));
    const int delay = std::stoi(client.close_reason().substr(expected.size()));
    CHECK(delay >= 0);
    CHECK(delay <= 1000);
}

TEST_CASE("a code that may not be sent is replaced by 1011") {
    World world;
    Rig rig{world};
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2000U, 2999U, 5000U, 65'535U}) {
        CAPTURE(code);
        auto& client = rig.open();
        rig.hub.close(rig.id(client), static_cast<kb::CloseCode>(code), "?");
        CHECK(rig.closed(client).code == kb::CloseCode::internal_error);
        CHECK(rig.until([&] { return client.close_code() == kb::CloseCode::internal_error; }));
    }
}

TEST_CASE("a reason longer than a Close frame holds is cut between two characters") {
    World world;
    Rig rig{world};
    // 122 bytes, then a character of three bytes: the cut must not fall inside it (RFC 6455 §5.5.1: the reason is UTF-8).
    const std::string head(122, 'r');
    auto& client = rig.open();
    rig.hub.close(rig.id(client), kb::CloseCode::do_not_come_back, head + "\xE2\x82\xAC and more");
    CHECK(rig.closed(client).reason == head);
    CHECK(rig.until([&] { return client.close_reason() == head; }));

    auto& fits = rig.open();
    rig.hub.close(rig.id(fits), kb::CloseCode::do_not_come_back, head + "!");
    CHECK(rig.closed(fits).reason == head + "!");
    CHECK(rig.until([&] { return fits.close_reason() == head + "!"; }));
}

TEST_CASE("a client's close is answered, and its code and reason are kept") {
    World world;
    Rig rig{world};
    auto& client = rig.subscriber("news");
    client.close(kb::CloseCode::going_away, "closing the tab");

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::client_close);
    CHECK(closed.ended_by == kb::EndedBy::client);
    CHECK(closed.phase == kb::Phase::closing);
    CHECK(closed.code == kb::CloseCode::going_away);
    CHECK(closed.reason == "closing the tab");
    CHECK(closed.open_for.has_value());
    REQUIRE(rig.until([&] { return client.has_ended(); }));
    CHECK(client.close_code() == kb::CloseCode::going_away);
    CHECK(rig.journal.template count<kb::event::Closing>() == 0);
}

TEST_CASE("a client's close without a code is kept as 1005") {
    World world;
    Rig rig{world};
    auto& client = rig.open();
    client.close(kb::CloseCode::no_status);
    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::client_close);
    CHECK(closed.code == kb::CloseCode::no_status);
    CHECK(closed.reason.empty());
}

TEST_CASE("a client that never answers the Close frame is cut at the deadline, and that is said") {
    World world;
    Rig rig{world, kb::Deadlines{.close = 200ms}};
    auto& client = rig.open({.answers_close = false});
    rig.session(client).close(kb::CloseCode::do_not_come_back, "bye");

    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::application_close);
    CHECK(closed.code == kb::CloseCode::do_not_come_back);
    CHECK(closed.forced);
    const auto closing = rig.journal.template of<kb::event::Closing>();
    REQUIRE(closing.size() == 1);
    CHECK(closed.at - closing[0].at >= 200ms);
    CHECK(rig.until([&] { return client.has_ended(); }));
    CHECK(client.close_reason() == "bye");
}

TEST_CASE("a client that sends on and on after its close was decided is cut before the deadline") {
    World world;
    Rig rig{world, kb::Deadlines{.close = 10min}, kb::ClientLimits{.bytes_after_close = 64_KiB}};
    auto& client = rig.open({.answers_close = false});
    client.send_text(std::string(60'000, 'x'));
    REQUIRE(rig.until_messages_in(1));
    rig.session(client).close(kb::CloseCode::do_not_come_back, "bye");
    REQUIRE(rig.until([&] { return client.close_reason() == "bye"; }));

    client.send_text(std::string(60'000, 'x'));
    world.run_for(200ms);
    CHECK(rig.journal.template count<kb::event::Closed>() == 0);
    client.send_text(std::string(60'000, 'x'));
    const auto closed = rig.closed(client);
    CHECK(closed.code == kb::CloseCode::do_not_come_back);
    CHECK(closed.forced);
    CHECK(closed.detail == "sent more than 65536 bytes after the close was decided");
    CHECK(closed.messages_in == 1);
}

TEST_CASE("an end without a Close frame is told apart: FIN, and reset") {
    World world;
    Rig rig{world};
    auto& finished = rig.open();
    finished.drop();
    const auto fin = rig.closed(finished);
    CHECK(fin.cause == kb::Cause::eof_without_close);
    CHECK(fin.ended_by == kb::EndedBy::client);
    CHECK(fin.phase == kb::Phase::open);
    CHECK(fin.code == kb::CloseCode::abnormal);

    auto& broken = rig.open();
    broken.reset();
    const auto rst = rig.closed(broken);
    CHECK(rst.cause == kb::Cause::reset_by_peer);
    CHECK(rst.ended_by == kb::EndedBy::network);
    CHECK(rst.phase == kb::Phase::open);
    CHECK(rst.error == std::errc::connection_reset);
}

TEST_CASE("a client that breaks the protocol is told with 1002") {
    World world;
    Rig rig{world};
    auto& client = rig.open();
    client.violate_protocol();
    const auto closed = rig.closed(client);
    CHECK(closed.cause == kb::Cause::protocol_error);
    CHECK(closed.code == kb::CloseCode::protocol_error);
    CHECK(closed.ended_by == kb::EndedBy::server);
    CHECK(rig.until([&] { return client.close_code() == kb::CloseCode::protocol_error; }));
}

TEST_CASE("messages that arrive after the decision to close are ignored") {
    World world;
    Rig rig{world};
    int calls = 0;
    rig.hub.on_message([&](kb::Session& from, kb::Message) {
        ++calls;
        from.close();
    });
    auto& client = rig.open();
    client.send_text("closes it");
    client.send_text("too late");
    client.ping("too late");

    const auto closed = rig.closed(client);
    CHECK(calls == 1);
    CHECK(closed.messages_in == 1);
    CHECK(rig.until([&] { return client.has_ended(); }));
    CHECK(client.pongs_received() == 0);
}
