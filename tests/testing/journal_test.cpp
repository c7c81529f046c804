// The journal: facts for comparison, evidence for whoever asks, a line of text for each event.

#include "support/catch.hpp"

#include <kingbolt/testing/journal.hpp>

#include <sstream>

namespace kb = kingbolt;
using namespace kingbolt::event;
using kb::Cause;
using kb::testing::Events;
using kb::testing::Journal;

namespace {

constexpr kb::SessionId alice{0, 1}, bob{1, 1};

std::string line(const kb::testing::Event& e) {
    std::ostringstream out;
    out << e;
    return out.str();
}

}  // namespace

TEST_CASE("take gives the facts, without times and evidence, once") {
    Journal journal;
    const kb::TimePoint at{std::chrono::hours{1}};
    journal(Opened{.session = alice, .remote = "192.0.2.1:5", .path = "/", .subprotocol = "v1", .at = at});
    journal(PongMissed{.session = alice, .in_a_row = 2, .write_stalled = true, .at = at});
    journal(PongReceived{.session = alice, .rtt = std::chrono::milliseconds{3}, .at = at});
    journal(Closed{.session = alice, .cause = Cause::pong_timeout, .ended_by = kb::EndedBy::server, .forced = true, .at = at});
    CHECK(journal.take() == Events{Opened{alice}, PongMissed{alice, 2, true}, PongReceived{alice}, Closed{alice, Cause::pong_timeout}});
    CHECK(journal.take().empty());
}

TEST_CASE("what differs in a fact differs") {
    CHECK(Events{Opened{alice}} != Events{Opened{bob}});
    CHECK(Events{PingSent{alice, 1}} != Events{PingSent{alice, 2}});
    CHECK(Events{Accepted{alice}} != Events{Opened{alice}});
    CHECK(Events{Closed{alice, Cause::pong_timeout}} != Events{Closed{alice, Cause::write_stalled}});
}

TEST_CASE("every event has its fact: what identifies it stays, when and how goes") {
    Journal journal;
    const kb::TimePoint at{std::chrono::hours{1}};
    journal(Accepted{.session = alice, .remote = "r", .at = at});
    journal(Rejected{.session = alice, .status = 403, .cause = Cause::upgrade_refused, .detail = "d", .at = at});
    journal(MessageReceived{.session = alice, .opcode = kb::Opcode::text, .bytes = 3, .at = at});
    journal(PingSent{.session = alice, .sequence = 4, .at = at});
    journal(PingReceived{.session = alice, .bytes = 5, .at = at});
    journal(LoopStalled{.lag = std::chrono::seconds{1}, .at = at});
    journal(Subscribed{.session = alice, .topic = "t", .at = at});
    journal(Unsubscribed{.session = alice, .topic = "t", .at = at});
    journal(QueueHigh{.session = alice, .bytes = 1, .messages = 2, .at = at});
    journal(Dropped{.session = alice, .topic = "t", .sequence = 6, .conflated = true, .at = at});
    journal(HandlerFailed{.session = alice, .what = "w", .at = at});
    journal(Draining{.sessions = 7, .deadline = std::chrono::seconds{1}, .at = at});
    journal(Drained{.forced = 8, .at = at});
    journal(Closing{.session = alice, .cause = Cause::slow_consumer, .code = kb::CloseCode::slow_consumer, .reason = "r", .at = at});
    CHECK(journal.take() == Events{Accepted{alice}, Rejected{alice, 403, Cause::upgrade_refused},
                                   MessageReceived{alice, kb::Opcode::text, 3}, PingSent{alice, 4}, PingReceived{alice, 5}, LoopStalled{},
                                   Subscribed{alice, "t"}, Unsubscribed{alice, "t"}, QueueHigh{alice}, Dropped{alice, "t", 6, true},
                                   HandlerFailed{alice, "w"}, Draining{7}, Drained{8}, Closing{alice, Cause::slow_consumer}});
}

TEST_CASE("the events of one session can be taken alone") {
    Journal journal;
    journal(Accepted{alice});
    journal(Accepted{bob});
    journal(Draining{2});
    journal(Closed{alice, Cause::server_drain});
    CHECK(journal.take(alice) == Events{Accepted{alice}, Closed{alice, Cause::server_drain}});
    CHECK(journal.take() == Events{Accepted{bob}, Draining{2}});
}

TEST_CASE("the evidence stays available until it is taken") {
    Journal journal;
    journal(Closed{.session = alice, .cause = Cause::reset_by_peer, .bytes_in = 17});
    journal(PingSent{bob, 1});
    journal(PingSent{bob, 2});
    CHECK(journal.closed(alice).bytes_in == 17);
    CHECK_THROWS_AS(journal.closed(bob), std::out_of_range);
    CHECK(journal.of<PingSent>().size() == 2);
    CHECK(journal.count<PingSent>() == 2);
    CHECK(journal.count<Opened>() == 0);
    CHECK(journal.all().size() == 3);
    journal.clear();
    CHECK(journal.all().empty());
}

TEST_CASE("a journal of some events hears of no others") {
    using Ends = kb::testing::JournalOf<Closed>;
    static_assert(kb::Observes<Ends, Closed>);
    static_assert(!kb::Observes<Ends, Opened>);
    static_assert(kb::Observer<Ends>);
    Ends journal;
    journal(Closed{alice, Cause::client_close});
    CHECK(journal.take() == Events{Closed{alice, Cause::client_close}});
}

TEST_CASE("an event prints itself in one line") {
    CHECK(line(Opened{alice}) == "Opened #0.1");
    CHECK(line(Rejected{bob, 403, Cause::upgrade_refused}) == "Rejected #1.1 status=403 cause=upgrade_refused");
    CHECK(line(MessageReceived{alice, kb::Opcode::binary, 3}) == "MessageReceived #0.1 binary bytes=3");
    CHECK(line(PingSent{alice, 3}) == "PingSent #0.1 sequence=3");
    CHECK(line(PongReceived{alice, std::chrono::milliseconds{2}}) == "PongReceived #0.1 rtt=2.0 ms");
    CHECK(line(PongReceived{alice}) == "PongReceived #0.1");
    CHECK(line(PongMissed{alice, 2, true}) == "PongMissed #0.1 in_a_row=2 write_stalled");
    CHECK(line(LoopStalled{std::chrono::seconds{2}}) == "LoopStalled lag=2.00 s");
    CHECK(line(Dropped{alice, "a\nb", 9, true}) == "Dropped #0.1 topic=\"a\\x0ab\" sequence=9 conflated");
    CHECK(line(HandlerFailed{alice, "oops"}) == "HandlerFailed #0.1 what=\"oops\"");
    CHECK(line(Closed{.session = alice, .cause = Cause::protocol_error, .detail = "x"}) == "Closed #0.1 cause=protocol_error detail=\"x\"");
}
