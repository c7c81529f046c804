// A close that has been decided ends, whatever the peer does about it.

#include "hub/rig.hpp"

#include <functional>
#include <string>
#include <vector>

namespace kb = kingbolt;
using namespace kingbolt::test;

namespace {

struct Habit {
    const char* name;
    std::function<void(Client&)> before;
    bool answers;  ///< the close, in time
};

const std::vector<Habit> habits{
    {"answers", [](Client&) {}, true},
    {"does not answer", [](Client& c) { c.answer_close(false); }, false},
    {"has vanished", [](Client& c) { c.vanish(); }, false},
    {"does not read", [](Client& c) { c.stop_reading(); }, false},
    {"reads hardly anything", [](Client& c) { c.set_reads_per_second(1); }, false},
    {"reads quite well", [](Client& c) { c.set_reads_per_second(32 * 1024); }, true},
    {"closes at the same moment", [](Client& c) { c.close(kb::CloseCode::going_away); }, true},
    {"goes at the same moment", [](Client& c) { c.drop(); }, true},
    {"resets at the same moment", [](Client& c) { c.reset(); }, true},
    {"talks all the time",
     [](Client& c) {
         for (int i = 0; i < 200; ++i) c.send_text("and another thing");
     },
     true},
};

}  // namespace

TEST_CASE("a close always ends within its deadline, and is forced only where the peer did not play its part") {
    for (const auto& habit : habits) {
        for (const std::size_t queued : {0, 1, 60}) {
            CAPTURE(habit.name, queued);
            World world{{.send_buffer = 4_KiB}};
            Rig rig{world, kb::Deadlines{.close = 3s}};
            auto& client = rig.open({.latency = 10ms, .receive_buffer = 4_KiB});
            habit.before(client);
            for (std::size_t i = 0; i < queued; ++i) rig.hub.send(rig.id(client), std::string(1000, 'q'));
            world.run_for(1ms);
            rig.hub.close(rig.id(client), kb::CloseCode::do_not_come_back, "enough");
            const auto begin = world.sim.elapsed();
            const auto closed = rig.closed(client);
            const auto took = world.sim.elapsed() - begin;
            CHECK(took <= 3s + 100ms);
            CHECK(closed.forced == !habit.answers);
            if (closed.forced) CHECK(took >= 3s);
            if (closed.cause == kb::Cause::application_close && habit.answers && habit.name != std::string{"closes at the same moment"} &&
                client.end() == kb::testing::PeerEnd::server_finished) {
                // Everything that was queued before the decision has come, and the Close frame behind it.
                CHECK(client.received().size() == queued);
                CHECK(client.close_reason() == "enough");
                CHECK(closed.queued_messages == 0);
            }
        }
    }
}

TEST_CASE("a peer that answers the Close frame late but in time is not cut") {
    World world;
    Rig rig{world, kb::Deadlines{.close = 3s}};
    auto& client = rig.open({.latency = 1400ms});
    rig.hub.close(rig.id(client));
    const auto closed = rig.closed(client);
    CHECK_FALSE(closed.forced);
    CHECK(client.close_code() == kb::CloseCode::come_back);
}
