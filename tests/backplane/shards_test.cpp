// The log between hubs, without any hub: what is published, who is woken, what is taken.

#include "support/catch.hpp"

#include <kingbolt/backplane/shards.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace kingbolt;
using backplane::Shards;

namespace {

using Lines = std::vector<std::string>;

struct Member {
    explicit Member(Shards& shards)
        : link{shards, [this] {
                   ++woken;
                   if (wake_fails) throw std::bad_alloc{};
               }} {}

    std::error_code publish(std::string_view topic, Message message, bool takes_soon = false) {
        return link.publish(topic, message, 0, takes_soon);
    }
    Lines take() {
        Lines lines;
        link.take([&](const Publication& p) {
            const std::string what = p.failure.empty() ? std::string{p.message.text()} : "failed: " + std::string{p.failure};
            lines.push_back(std::string{p.topic} + " #" + std::to_string(p.sequence) + ' ' + what);
        });
        return lines;
    }

    int woken = 0;
    bool wake_fails = false;
    Shards::Link link;
};

}  // namespace

TEST_CASE("what is published on one hub can be taken by all, itself included, in one order with one numbering") {
    Shards shards;
    Member a{shards}, b{shards};
    CHECK(shards.size() == 2);
    CHECK_FALSE(a.publish("news", "one"));
    CHECK_FALSE(b.publish("news", "two"));
    CHECK_FALSE(b.publish("sport", "three"));
    const Lines all{"news #1 one", "news #2 two", "sport #1 three"};
    CHECK(a.take() == all);
    CHECK(b.take() == all);
    CHECK(a.take().empty());
}

TEST_CASE("opcode and key arrive as they were given") {
    Shards shards;
    Member a{shards};
    CHECK_FALSE(a.link.publish("t", Message{Opcode::binary, "\x00\xFF"}, 7, false));
    int seen = 0;
    a.link.take([&](const Publication& p) {
        ++seen;
        CHECK(p.message.opcode() == Opcode::binary);
        CHECK(p.message.text() == "\x00\xFF");
        CHECK(p.key == 7);
    });
    CHECK(seen == 1);
}

TEST_CASE("a hub is woken once for all that gathers until it takes, and not for what it has said it takes by itself") {
    Shards shards;
    Member a{shards}, b{shards};
    for (int i = 0; i < 10; ++i) a.publish("t", "x", true);
    CHECK(a.woken == 0);
    CHECK(b.woken == 1);
    CHECK(b.take().size() == 10);
    a.publish("t", "x", true);
    CHECK(b.woken == 2);
    CHECK(a.take().size() == 11);
    b.publish("t", "y");  // from another thread: its own hub is woken as well
    CHECK(a.woken == 1);
    CHECK(b.woken == 2);  // it was, and has not come yet
}

TEST_CASE("a hub that could not be woken for want of memory is woken for the next publication") {
    Shards shards;
    Member a{shards}, b{shards};
    b.wake_fails = true;
    CHECK_FALSE(a.publish("t", "one", true));
    CHECK_FALSE(a.publish("t", "two", true));
    CHECK(b.woken == 2);
    b.wake_fails = false;
    CHECK_FALSE(a.publish("t", "three", true));
    CHECK(b.woken == 3);
    CHECK(b.take() == Lines{"t #1 one", "t #2 two", "t #3 three"});
}

TEST_CASE("a hub that joins hears what is published from then on, and numbers go on") {
    Shards shards;
    Member a{shards};
    a.publish("t", "one");
    Member late{shards};
    a.publish("t", "two");
    CHECK(late.take() == Lines{"t #2 two"});
    CHECK(a.take() == Lines{"t #1 one", "t #2 two"});
}

TEST_CASE("a hub that leaves keeps nobody waiting") {
    Shards shards{{.max_backlog = 64_KiB}};
    Member a{shards};
    const std::string half(40'000, 'x');
    {
        Member slow{shards};
        CHECK_FALSE(a.publish("t", half));
        CHECK(a.take().size() == 1);
        CHECK(a.publish("t", half) == Errc::backlog_full);
        CHECK(a.publish("t", half) == Condition::overloaded);
    }
    CHECK(shards.size() == 1);
    CHECK_FALSE(a.publish("t", half));
    CHECK(a.take().front().starts_with("t #2 "));  // what was refused has no number
}

TEST_CASE("what is refused for want of room is accepted once the slowest hub has come") {
    Shards shards{{.max_backlog = 64_KiB}};
    Member a{shards}, slow{shards};
    while (!a.publish("t", std::string(1000, 'x'))) a.take();
    CHECK(slow.take().size() > 50);
    CHECK_FALSE(a.publish("t", "again"));
    CHECK(slow.take().size() == 1);
}

TEST_CASE("a payload that carries its number is built once, by the first who takes it") {
    Shards shards;
    Member a{shards}, b{shards};
    int built = 0;
    const BuildPayload build = [&](std::uint64_t sequence) {
        ++built;
        return "number " + std::to_string(sequence);
    };
    CHECK_FALSE(a.publish("t", "plain"));
    CHECK_FALSE(a.link.publish("t", build, 0, false));
    const Lines all{"t #1 plain", "t #2 number 2"};
    CHECK(b.take() == all);
    CHECK(a.take() == all);
    CHECK(built == 1);
}

TEST_CASE("payloads that are built count in the backlog, until the slowest hub has come") {
    Shards shards{{.max_backlog = 64_KiB}};
    Member fast{shards};
    Member slow{shards};
    const auto publish = [&] {
        return fast.link.publish(
            "news", [](std::uint64_t) { return std::string(40'000, 'x'); }, 0, false);
    };
    for (int round = 0; round < 3; ++round) {
        CHECK_FALSE(publish());
        fast.take();
        CHECK_FALSE(publish());
        fast.take();
        CHECK(publish() == Errc::backlog_full);
        CHECK(slow.take().size() == 2);
        // What the last who takes it builds waits for nobody.
        CHECK_FALSE(publish());
        fast.link.take([](const Publication&) {});
        slow.take();
    }
    for (int i = 0; i < 100; ++i) {
        CHECK_FALSE(publish());
        fast.take();
        slow.take();
    }
}

TEST_CASE("what building a payload throws is told once, and uses its number up") {
    Shards shards;
    Member a{shards}, b{shards};
    a.link.publish(
        "t", [](std::uint64_t) -> std::string { throw std::runtime_error{"no data"}; }, 0, false);
    a.link.publish(
        "t", [](std::uint64_t) -> std::string { throw std::runtime_error{""}; }, 0, false);
    a.link.publish(
        "t", [](std::uint64_t) -> std::string { throw 1; }, 0, false);
    a.publish("t", "next");
    CHECK(b.take() == Lines{"t #1 failed: no data", "t #2 failed: an exception without words",
                            "t #3 failed: an exception that is not a std::exception", "t #4 next"});
    CHECK(a.take() == Lines{"t #4 next"});
}

TEST_CASE("a backlog out of its range is refused with its name, its value, the range and the cure") {
    for (const std::size_t bad : {std::size_t{0}, std::size_t{64_KiB} - 1, std::size_t{4_GiB} + 1}) {
        try {
            const Shards shards{{.max_backlog = bad}};
            FAIL("accepted");
        } catch (const InvalidOption& problem) {
            CHECK(problem.option() == "ShardsOptions.max_backlog");
            CHECK(problem.value() == std::to_string(bad));
            CHECK(problem.range() == "64 KiB to 4 GiB");
            CHECK_FALSE(problem.cure().empty());
        }
    }
}

TEST_CASE("threads publish and take at once: every hub has every message, in the same order, each thread's in its own") {
    constexpr int publishers = 3, each = 2000;
    Shards shards;
    std::vector<std::optional<Member>> members(3);
    for (auto& member : members) member.emplace(shards);
    std::vector<Lines> taken(members.size());
    std::vector<std::thread> threads;
    for (int p = 0; p < publishers; ++p)
        threads.emplace_back([&, p] {
            auto& link = members[static_cast<std::size_t>(p)]->link;
            for (int i = 0; i < each; ++i) link.publish("t", std::to_string(p) + ' ' + std::to_string(i), 0, true);
        });
    for (std::size_t m = 0; m < members.size(); ++m)
        threads.emplace_back([&, m] {
            while (taken[m].size() < publishers * each)
                for (auto& line : members[m]->take()) taken[m].push_back(std::move(line));
        });
    for (auto& thread : threads) thread.join();
    CHECK(taken[1] == taken[0]);
    CHECK(taken[2] == taken[0]);
    std::vector<int> next(publishers);
    for (std::size_t i = 0; i < taken[0].size(); ++i) {
        const std::string& line = taken[0][i];
        const std::string head = "t #" + std::to_string(i + 1) + ' ';
        REQUIRE(line.starts_with(head));
        const std::size_t from = static_cast<std::size_t>(line[head.size()] - '0');
        REQUIRE(line.substr(head.size() + 2) == std::to_string(next.at(from)++));
    }
}
