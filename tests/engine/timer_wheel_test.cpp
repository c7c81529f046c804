#include <kingbolt/engine/timer_wheel.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;
using engine::TimerWheel;

namespace {

constexpr TimePoint start{Duration{123'456'789'012'345}};
constexpr Duration tick = 100ms;

// What the wheel is for: appointments by id. Asked too early, the handler answers with the true time.
class Appointments {
public:
    using Id = TimerWheel::Id;

    void make(Id id, TimePoint due) {
        due_[id] = due;
        wheel.schedule(id, due);
    }
    void postpone(Id id, TimePoint due) {
        due_[id] = due;
        wheel.postpone(id, due);
    }
    void forget(Id id) {
        due_.erase(id);
        wheel.cancel(id);
    }
    /// The ids that fired, sorted.
    std::vector<Id> advance(TimePoint now) {
        std::vector<Id> fired;
        wheel.advance(now, [&](Id id) {
            ++asked;
            const auto found = due_.find(id);
            REQUIRE(found != due_.end());
            if (now < found->second) return found->second;
            fired.push_back(id);
            due_.erase(found);
            return TimePoint::max();
        });
        std::ranges::sort(fired);
        return fired;
    }

    TimerWheel wheel{start, tick};
    int asked = 0;

private:
    std::map<Id, TimePoint> due_;
};

using Ids = std::vector<TimerWheel::Id>;

}  // namespace

TEST_CASE("an appointment fires with the first tick at or after its time") {
    const auto [due, tick_number] = GENERATE(table<Duration, int>(
        {{1ns, 1}, {99'999'999ns, 1}, {100ms, 1}, {100'000'001ns, 2}, {30s, 300}, {51s + 100ms, 511}, {51s + 200ms, 512}, {1h, 36'000}}));
    Appointments appointments;
    appointments.make(7, start + due);
    for (int n = 1; n < tick_number; ++n) REQUIRE(appointments.advance(start + n * tick).empty());
    CHECK(appointments.advance(start + tick_number * tick) == Ids{7});
    CHECK(appointments.wheel.scheduled() == 0);
}

TEST_CASE("an appointment in the past fires with the next tick, not before") {
    Appointments appointments;
    appointments.advance(start + 1s);
    appointments.make(1, start);
    appointments.make(2, start - 1h);
    appointments.make(3, start + 1s);
    CHECK(appointments.advance(start + 1s).empty());
    CHECK(appointments.advance(start + 1s + tick - 1ns).empty());
    CHECK(appointments.advance(start + 1s + tick) == Ids{1, 2, 3});
}

TEST_CASE("what lies beyond the horizon is looked at once a turn of the wheel, and fires in time") {
    Appointments appointments;
    appointments.make(1, start + 10min);
    for (int n = 1; n < 6'000; ++n) REQUIRE(appointments.advance(start + n * tick).empty());
    CHECK(appointments.asked <= 12);
    CHECK(appointments.advance(start + 10min) == Ids{1});
}

TEST_CASE("a cancelled appointment does not fire, and cancelling nothing is harmless") {
    Appointments appointments;
    appointments.make(1, start + 1s);
    appointments.make(2, start + 1s);
    appointments.forget(1);
    appointments.forget(1);
    appointments.forget(99);
    CHECK(appointments.wheel.scheduled() == 1);
    CHECK(appointments.advance(start + 1s) == Ids{2});
}

TEST_CASE("an appointment can be moved to an earlier time") {
    Appointments appointments;
    appointments.make(1, start + 40s);
    appointments.make(1, start + 2s);
    CHECK(appointments.wheel.scheduled() == 1);
    CHECK(appointments.advance(start + 2s - 1ns).empty());
    CHECK(appointments.advance(start + 2s) == Ids{1});
    CHECK(appointments.advance(start + 2min).empty());
}

TEST_CASE("an earlier appointment stands when a later one is made, and its handler says what comes next") {
    Appointments appointments;
    appointments.make(1, start + 2s);
    appointments.make(1, start + 40s);
    CHECK(appointments.wheel.scheduled() == 1);
    CHECK(appointments.advance(start + 2s).empty());
    CHECK(appointments.asked == 1);
    CHECK(appointments.advance(start + 40s - 1ns).empty());
    CHECK(appointments.advance(start + 40s) == Ids{1});
}

TEST_CASE("cancelled and made anew for the same tick, an id fires once") {
    Appointments appointments;
    appointments.make(1, start + 5s);
    appointments.forget(1);
    appointments.make(1, start + 5s);
    CHECK(appointments.advance(start + 5s) == Ids{1});
    CHECK(appointments.asked == 1);
}

TEST_CASE("a postponed appointment fires at its new time only, and at none when that is never") {
    Appointments appointments;
    for (const TimerWheel::Id id : {1U, 2U, 3U}) appointments.make(id, start + 5s);
    appointments.postpone(1, start + 9s);
    appointments.postpone(2, start + 9s);
    appointments.postpone(2, start + 5s);  // and back
    appointments.forget(3);
    appointments.wheel.postpone(3, TimePoint::max());
    CHECK(appointments.wheel.scheduled() == 2);
    CHECK(appointments.advance(start + 5s) == Ids{2});
    CHECK(appointments.advance(start + 9s - 1ns).empty());
    CHECK(appointments.advance(start + 9s) == Ids{1});
    CHECK(appointments.asked == 2);
    CHECK(appointments.wheel.scheduled() == 0);
}

TEST_CASE("to postpone makes an appointment where there was none") {
    Appointments appointments;
    appointments.make(1, start + 1s);
    appointments.forget(1);
    appointments.postpone(1, start + 2s);
    appointments.wheel.postpone(1'000'000, start + 2s);  // never seen: nothing to postpone
    CHECK(appointments.wheel.scheduled() == 1);
    CHECK(appointments.advance(start + 2s) == Ids{1});
}

TEST_CASE("TimePoint::max() means never") {
    TimerWheel wheel{start, tick};
    wheel.schedule(1, TimePoint::max());
    CHECK(wheel.scheduled() == 0);
}

TEST_CASE("the far end of time is an appointment like any other") {
    Appointments appointments;
    appointments.make(1, TimePoint::max() - 1ns);
    CHECK(appointments.advance(start + 24h).empty());
    CHECK(appointments.wheel.scheduled() == 1);
}

TEST_CASE("after a long sleep everything that was due fires, once, and the rest stays") {
    Appointments appointments;
    std::mt19937_64 random{1};
    for (TimerWheel::Id id = 0; id < 5'000; ++id)
        appointments.make(id, start + Duration{static_cast<Duration::rep>(random() % Duration{24h}.count())});
    appointments.make(5'000, start + 25h);
    CHECK(appointments.advance(start + 24h).size() == 5'000);
    CHECK(appointments.wheel.scheduled() == 1);
    CHECK(appointments.advance(start + 25h) == Ids{5'000});
}

TEST_CASE("a long sleep costs one turn of the wheel, however long it was") {
    Appointments appointments;
    appointments.make(1, start + 24h * 365);
    appointments.advance(start + 24h * 364);
    CHECK(appointments.asked <= 2);
}

TEST_CASE("time that stands still or steps back fires nothing") {
    Appointments appointments;
    appointments.make(1, start + 200ms);
    CHECK(appointments.advance(start + 100ms).empty());
    CHECK(appointments.advance(start + 100ms).empty());
    CHECK(appointments.advance(start - 1h).empty());
    CHECK(appointments.advance(start + 200ms) == Ids{1});
}

TEST_CASE("a handler may make and cancel appointments, of ids never seen before as well") {
    TimerWheel wheel{start, tick};
    std::vector<TimerWheel::Id> fired;
    wheel.schedule(1, start + 1s);
    wheel.schedule(2, start + 1s);
    wheel.schedule(3, start + 2s);
    const auto handler = [&](TimerWheel::Id id) {
        fired.push_back(id);
        if (id == 1) {
            wheel.cancel(2);
            wheel.cancel(3);
            wheel.schedule(1'000'000, start + 3s);
        }
        return TimePoint::max();
    };
    for (int n = 1; n <= 50; ++n) wheel.advance(start + n * tick, handler);
    CHECK(fired == Ids{1, 1'000'000});
    CHECK(wheel.scheduled() == 0);
}

TEST_CASE("a handler that answers with a time is called again then") {
    TimerWheel wheel{start, tick};
    std::vector<Duration> calls;
    TimePoint now = start;
    wheel.schedule(1, start + 30s);
    for (int n = 1; n <= 3'000; ++n) {
        now = start + n * tick;
        wheel.advance(now, [&](TimerWheel::Id) {
            calls.push_back(now - start);
            return now + 30s;
        });
    }
    REQUIRE(calls.size() == 10);
    for (std::size_t n = 0; n < 10; ++n) CHECK(calls[n] == 30s * static_cast<int>(n + 1));
}

TEST_CASE("preparing is a hint: it names ids that have been scheduled and changes nothing") {
    TimerWheel wheel{start, tick};
    for (TimerWheel::Id id = 0; id < 100; ++id) wheel.schedule(id, start + 1s);
    std::set<TimerWheel::Id> prepared;
    int fired = 0;
    wheel.advance(
        start + 1s,
        [&](TimerWheel::Id) {
            ++fired;
            return TimePoint::max();
        },
        [&](TimerWheel::Id id) { prepared.insert(id); });
    CHECK(fired == 100);
    CHECK(prepared.size() > 50);
    CHECK(*prepared.rbegin() < 100);
}

TEST_CASE("over random operations the wheel does what an ordered map of times would do") {
    const auto seed = GENERATE(range(1, 9));
    std::mt19937_64 random{static_cast<std::uint64_t>(seed)};
    Appointments appointments;
    // By the number of the tick that fires it at the latest, with its time.
    std::multimap<std::int64_t, std::pair<TimerWheel::Id, TimePoint>> model;
    const auto drop = [&](TimerWheel::Id id) { std::erase_if(model, [id](const auto& entry) { return entry.second.first == id; }); };

    TimePoint now = start;
    std::int64_t ticks = 0;
    for (int step = 0; step < 3'000; ++step) {
        const auto id = static_cast<TimerWheel::Id>(random() % 40);
        switch (random() % 4) {
        case 0:
        case 1: {
            // Mostly near, sometimes beyond the horizon, sometimes past.
            const auto range = random() % 3 == 0 ? Duration{5min} : Duration{3s};
            const TimePoint due = now - 500ms + Duration{static_cast<Duration::rep>(random() % static_cast<std::uint64_t>(range.count()))};
            drop(id);
            appointments.make(id, due);
            const auto ahead = due <= start ? 0 : ((due - start) - 1ns) / tick + 1;
            model.emplace(std::max<std::int64_t>(ahead, ticks + 1), std::pair{id, due});
            break;
        }
        case 2:
            drop(id);
            appointments.forget(id);
            break;
        default: {
            const std::uint64_t longest = random() % 200 == 0 ? 200'000'000'000 : 250'000'000;
            now += Duration{static_cast<Duration::rep>(random() % longest)};
            ticks = (now - start) / tick;
            for (const TimerWheel::Id fired : appointments.advance(now)) {
                const auto entry = std::ranges::find(model, fired, [](const auto& e) { return e.second.first; });
                REQUIRE(entry != model.end());
                REQUIRE(entry->second.second <= now);  // never early
                model.erase(entry);
            }
            REQUIRE((model.empty() || model.begin()->first > ticks));  // at most one tick late
        }
        }
        REQUIRE(appointments.wheel.scheduled() == model.size());
    }
}
