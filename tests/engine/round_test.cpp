// Publications gathered to go out as one.

#include "support/catch.hpp"

#include <kingbolt/engine/round.hpp>

#include <string>

using namespace kingbolt;
using engine::Round;

namespace {

Frame message(const std::string& payload) { return Frame::encode(Opcode::text, payload); }
std::string bytes(const Frame& frame) { return {reinterpret_cast<const char*>(frame.wire().data()), frame.wire().size()}; }

void add(Round& round, TopicId topic, const std::string& payload) {
    round.reserve_one();
    round.add(topic, message(payload));
}

}  // namespace

TEST_CASE("a round gives its messages as one bundle, in order, and is empty then") {
    Round round;
    CHECK(round.empty());
    add(round, 7, "one");
    add(round, 7, "two");
    CHECK(round.is_for(7));
    CHECK_FALSE(round.is_for(8));
    CHECK(round.bytes() == 10);
    const Frame all = round.take();
    REQUIRE(all);
    CHECK(all.messages() == 2);
    CHECK(bytes(all) == bytes(message("one")) + bytes(message("two")));
    CHECK_FALSE(round.take());
    CHECK(round.empty());
    CHECK_FALSE(round.is_for(7));
    CHECK(round.bytes() == 0);
}

TEST_CASE("a round of one message gives that message itself") {
    Round round;
    const Frame frame = message("alone");
    round.reserve_one();
    round.add(7, frame);
    const Frame taken = round.take();
    CHECK(same_bytes(taken, frame));
    CHECK(taken.parts().empty());
}

TEST_CASE("a round can be filled again, for another topic") {
    Round round;
    add(round, 7, "one");
    round.take();
    add(round, 8, "two");
    CHECK(round.is_for(8));
    CHECK(round.take().payload().size() == 3);
}
