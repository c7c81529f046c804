#include <kingbolt/engine/tally.hpp>

#include <barrier>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;

namespace {

void count_on(unsigned threads, unsigned each, engine::Tally& tally) {
    std::barrier together{static_cast<std::ptrdiff_t>(threads)};
    std::vector<std::thread> all;
    for (unsigned i = 0; i < threads; ++i) {
        all.emplace_back([&] {
            together.arrive_and_wait();
            for (unsigned n = 0; n < each; ++n) tally.add();
            together.arrive_and_wait();
        });
    }
    for (auto& thread : all) thread.join();
}

}  // namespace

TEST_CASE("a tally counts on one thread") {
    engine::Tally tally;
    for (int i = 0; i < 1'000; ++i) tally.add();
    CHECK(tally.total() == 1'000);
}

TEST_CASE("no count is lost, though there are more threads than have a cell of their own") {
    engine::Tally tally;
    count_on(40, 2'000, tally);
    CHECK(tally.total() == 80'000);
}

TEST_CASE("threads that come later go on where those that ended stopped") {
    engine::Tally tally;
    for (int round = 0; round < 50; ++round) count_on(3, 100, tally);
    CHECK(tally.total() == 15'000);
}
