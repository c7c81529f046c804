#include <kingbolt/engine/mailbox.hpp>

#include <memory>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using kingbolt::engine::Mailbox;

TEST_CASE("the first into an empty box is told to wake the loop, and nobody else") {
    Mailbox<int> box;
    int woken = 0;
    const auto wake = [&woken] { ++woken; };
    box.put(1, wake);
    CHECK(woken == 1);
    box.put(2, wake);
    CHECK(woken == 1);
    CHECK(box.take() == std::vector<int>{1, 2});
    box.put(3, wake);
    CHECK(woken == 2);
    CHECK(box.take() == std::vector<int>{3});
    CHECK(box.take().empty());
}

TEST_CASE("who could not wake the loop has put nothing in, so that the next one tries again") {
    Mailbox<int> box;
    CHECK_THROWS_AS(box.put(1, [] { throw std::bad_alloc{}; }), std::bad_alloc);
    int woken = 0;
    box.put(2, [&woken] { ++woken; });
    CHECK(woken == 1);
    CHECK(box.take() == std::vector<int>{2});
}

TEST_CASE("a box that is closed takes nothing, and wakes nobody") {
    Mailbox<int> box;
    CHECK_FALSE(box.is_closed());
    box.close();
    CHECK(box.is_closed());
    box.put(1, [] { FAIL("there is nobody to wake"); });
    CHECK(box.take().empty());
}

TEST_CASE("what can only be moved can be posted") {
    Mailbox<std::unique_ptr<int>> box;
    box.put(std::make_unique<int>(5), [] {});
    CHECK(*box.take().at(0) == 5);
}

TEST_CASE("letters of one thread keep their order, none is lost, and every wake-up finds some") {
    constexpr int threads = 4;
    constexpr int letters = 5'000;
    Mailbox<std::pair<int, int>> box;
    std::vector<std::thread> senders;
    std::vector<int> wakes(threads, 0);
    for (int who = 0; who < threads; ++who) {
        senders.emplace_back([&box, &wakes, who] {
            for (int n = 0; n < letters; ++n) box.put({who, n}, [&] { ++wakes[static_cast<std::size_t>(who)]; });
        });
    }
    std::vector<int> next(threads, 0);
    int received = 0;
    int found_some = 0;
    while (received < threads * letters) {
        const auto batch = box.take();
        found_some += batch.empty() ? 0 : 1;
        for (const auto& [who, n] : batch) {
            REQUIRE(n == next[static_cast<std::size_t>(who)]++);
            ++received;
        }
        std::this_thread::yield();
    }
    for (std::thread& sender : senders) sender.join();
    int told = 0;
    for (const int wake : wakes) told += wake;
    CHECK(told == found_some);
    CHECK(box.take().empty());
}
