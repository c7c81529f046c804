#include <kingbolt/engine/troubles.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::Troubles;

namespace {

struct Listener {
    Troubles& troubles;
    std::vector<std::string> heard{};

    void listen() {
        troubles.tell(
            [this](SessionId session, const Frame& frame, bool conflated) {
                heard.push_back("lost " + std::to_string(session.index) + " " + std::to_string(frame.label().sequence) +
                                (conflated ? " conflated" : ""));
            },
            [this](SessionId session) { heard.push_back("high " + std::to_string(session.index)); },
            [this](SessionId session) { heard.push_back("overflowed " + std::to_string(session.index)); });
    }
};

Frame frame(std::uint64_t sequence) { return Frame::encode(Opcode::text, "x", {1, sequence, 0}); }

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what went wrong is told once: losses first, then high queues, then overflows, each in its order") {
    Troubles troubles;
    CHECK(troubles.none());
    troubles.overflowed({3, 1});
    troubles.high({2, 1});
    troubles.lost({1, 1}, frame(7), false);
    troubles.lost({1, 1}, frame(8), true);
    CHECK_FALSE(troubles.none());

    Listener listener{troubles};
    listener.listen();
    CHECK(listener.heard == Lines{"lost 1 7", "lost 1 8 conflated", "high 2", "overflowed 3"});
    CHECK(troubles.none());
    listener.listen();
    CHECK(listener.heard.size() == 4);
}

TEST_CASE("each kind alone is trouble") {
    Troubles lost;
    lost.lost({1, 1}, frame(1), false);
    CHECK_FALSE(lost.none());
    Troubles high;
    high.high({1, 1});
    CHECK_FALSE(high.none());
    Troubles overflowed;
    overflowed.overflowed({1, 1});
    CHECK_FALSE(overflowed.none());
}

TEST_CASE("a listener that causes new trouble hears of it with the next call, not inside this one") {
    Troubles troubles;
    troubles.high({1, 1});
    int depth = 0;
    int heard = 0;
    const auto ignore = [](auto&&...) {};
    const auto stubborn = [&](SessionId session) {
        CHECK(++depth == 1);
        ++heard;
        troubles.high(session);
        troubles.tell(
            ignore, [&](SessionId) { FAIL("told from within"); }, ignore);
        --depth;
    };
    troubles.tell(ignore, stubborn, ignore);
    CHECK(heard == 1);
    CHECK_FALSE(troubles.none());
    troubles.tell(ignore, stubborn, ignore);
    CHECK(heard == 2);
}

TEST_CASE("a listener that throws ends the round, and the next round can be told") {
    Troubles troubles;
    troubles.high({1, 1});
    troubles.high({2, 1});
    const auto ignore = [](auto&&...) {};
    CHECK_THROWS_AS(troubles.tell(
                        ignore, [](SessionId) { throw std::runtime_error{"listener"}; }, ignore),
                    std::runtime_error);
    CHECK(troubles.none());
    troubles.overflowed({3, 1});
    Listener listener{troubles};
    listener.listen();
    CHECK(listener.heard == Lines{"overflowed 3"});
}
