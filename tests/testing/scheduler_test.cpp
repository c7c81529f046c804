// Virtual time itself.

#include "support/catch.hpp"

#include <kingbolt/testing/detail/fifo.hpp>
#include <kingbolt/testing/detail/scheduler.hpp>
#include <kingbolt/testing/random.hpp>

#include <memory>
#include <vector>

using kingbolt::Duration;
using kingbolt::TimePoint;
using kingbolt::testing::Random;
using namespace kingbolt::testing::detail;

namespace {

struct Nobody final : Actor {
    Nobody() : Actor{1} {}
    void run(Step, std::uint32_t) override {}
};

TimePoint at(int n) { return TimePoint{Duration{n}}; }

}  // namespace

TEST_CASE("events come by time, and those of one instant in the order of scheduling") {
    Scheduler scheduler;
    Nobody actor;
    Random random{1};
    for (std::uint32_t i = 0; i < 1000; ++i) scheduler.schedule(at(static_cast<int>(random.below(50))), actor, Step::wake, i);
    CHECK(scheduler.size() == 1000);
    CHECK(actor.scheduled() == 1000);
    auto last = scheduler.pop();
    while (!scheduler.empty()) {
        CHECK(scheduler.next_at() >= last.at);
        const auto next = scheduler.pop();
        if (next.at == last.at) CHECK(next.argument > last.argument);
        last = next;
    }
    CHECK(actor.scheduled() == 0);
}

TEST_CASE("a tie comes before the order of scheduling, and after time") {
    Scheduler scheduler;
    Nobody actor;
    scheduler.schedule(at(1), actor, Step::wake, 1, 9);
    scheduler.schedule(at(1), actor, Step::wake, 2, 3);
    scheduler.schedule(at(0), actor, Step::wake, 3, 0xFFFFFF);
    scheduler.schedule(at(1), actor, Step::wake, 4, 3);
    std::vector<std::uint32_t> order;
    while (!scheduler.empty()) order.push_back(scheduler.pop().argument);
    CHECK(order == std::vector<std::uint32_t>{3, 2, 4, 1});
}

TEST_CASE("a fifo keeps its order through growth, compaction and cuts at both ends") {
    Fifo<int> fifo;
    std::vector<int> model;
    Random random{1};
    for (int i = 0; i < 10'000; ++i) {
        const auto what = random.below(4);
        if (what < 2) {
            fifo.push(i);
            model.push_back(i);
        } else if (what == 2) {
            const auto n = random.below(model.size() + 1);
            fifo.pop(n);
            model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(n));
        } else {
            const auto n = random.below(3) == 0 ? random.below(model.size() + 1) : 0;
            fifo.drop_back(n);
            model.resize(model.size() - n);
        }
        REQUIRE(std::vector<int>(fifo.view().begin(), fifo.view().end()) == model);
    }
}

TEST_CASE("a fifo lets go of what is taken at once") {
    Fifo<std::shared_ptr<int>> fifo;
    const auto held = std::make_shared<int>(1);
    fifo.push(held);
    fifo.push(std::make_shared<int>(2));
    CHECK(held.use_count() == 2);
    fifo.pop();
    CHECK(held.use_count() == 1);
}
