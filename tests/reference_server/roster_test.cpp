#include "roster.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace reference_server;
using namespace std::chrono_literals;

namespace {

constexpr kingbolt::TimePoint start{1h};

AgentStatus agent(std::string id) {
    return {.id = std::move(id),
            .pid = 1,
            .name = "a",
            .state = "idle",
            .cpu_percent = 5,
            .memory_bytes = 100'000'000,
            .threads = 1,
            .uptime_seconds = 9};
}

std::vector<std::string> ids(const std::vector<AgentStatus>& agents) {
    std::vector<std::string> ids;
    for (const auto& a : agents) ids.push_back(a.id);
    return ids;
}

using Ids = std::vector<std::string>;

std::optional<AgentStatus> read(const std::string& json) {
    rapidjson::Document document;
    document.Parse(json.c_str());
    return read_agent(document);
}

}  // namespace

TEST_CASE("a new agent is due, and an unchanged one again after the refresh interval") {
    Roster roster{10s};
    CHECK(ids(roster.update({agent("a")}, start).due) == Ids{"a"});
    CHECK(roster.update({agent("a")}, start + 9'999ms).due.empty());
    CHECK(ids(roster.update({agent("a")}, start + 10s).due) == Ids{"a"});
    CHECK(roster.update({agent("a")}, start + 19'999ms).due.empty());
}

TEST_CASE("a change makes an agent due when it is large enough") {
    Roster roster{1h};
    roster.update({agent("a")}, start);
    auto changed = agent("a");
    const auto due = [&] { return roster.update({changed}, start + 1s).due.size() == 1; };

    SECTION("cpu by a percentage point") {
        changed.cpu_percent = 5.9;
        CHECK_FALSE(due());
        changed.cpu_percent = 6;
        CHECK(due());
        changed.cpu_percent = 5.1;  // the distance is from what was published, which is 6 now
        CHECK_FALSE(due());
    }
    SECTION("memory by a hundredth") {
        changed.memory_bytes = 100'999'999;
        CHECK_FALSE(due());
        changed.memory_bytes = 101'000'000;
        CHECK(due());
    }
    SECTION("state") {
        changed.state = "running";
        CHECK(due());
    }
    SECTION("threads") {
        changed.threads = 2;
        CHECK(due());
    }
    SECTION("name") {
        changed.name = "b";
        CHECK(due());
    }
    SECTION("uptime never, for it always changes") {
        changed.uptime_seconds = 10'000;
        CHECK_FALSE(due());
    }
}

TEST_CASE("memory of a small agent has to change by 64 KiB") {
    Roster roster{1h};
    auto small = agent("a");
    small.memory_bytes = 1'000'000;
    roster.update({small}, start);
    small.memory_bytes += 65'535;
    CHECK(roster.update({small}, start).due.empty());
    small.memory_bytes += 1;
    CHECK(roster.update({small}, start).due.size() == 1);
}

TEST_CASE("an agent that is not on the list any more is missing once, with its last status") {
    Roster roster{1h};
    auto last = agent("b");
    roster.update({agent("a"), last}, start);
    last.cpu_percent = 50;
    roster.update({agent("a"), last}, start);

    const auto update = roster.update({agent("a")}, start);
    REQUIRE(ids(update.missing) == Ids{"b"});
    CHECK(update.missing.front().cpu_percent == 50);
    CHECK(roster.size() == 1);
    CHECK(roster.update({agent("a")}, start).missing.empty());
}

TEST_CASE("an agent that comes back is new") {
    Roster roster{1h};
    roster.update({agent("a")}, start);
    roster.update({}, start);
    CHECK(ids(roster.update({agent("a")}, start).due) == Ids{"a"});
}

TEST_CASE("what the engine says of an agent survives the way to JSON and back") {
    auto odd = agent("proc-7_x");
    odd.name = "quote\" back\\ newline\n \xC3\xA4";
    const auto back = read(to_json(odd));
    REQUIRE(back);
    CHECK(back->name == odd.name);
    CHECK(to_json(*back) == to_json(odd));
}

TEST_CASE("an entry that is not an agent is not read") {
    const auto with = [](const std::string& id, const std::string& pid) {
        return R"({"pid":)" + pid + R"(,"name":"a","state":"idle","cpu_percent":1,"memory_bytes":1,"threads":1,"uptime_seconds":1,"id":)" +
               id + "}";
    };
    CHECK(read(with(R"("a-1")", "1")));
    CHECK_FALSE(read(with(R"("a-1")", "1.5")));
    CHECK_FALSE(read(with(R"("a-1")", R"("1")")));
    CHECK_FALSE(read(with("1", "1")));
    CHECK_FALSE(read(R"({"id":"a-1"})"));
    CHECK_FALSE(read("[]"));
}

TEST_CASE("an agent whose figure is beyond all doubles is ignored") {
    const auto with = [](const std::string& cpu, const std::string& uptime) {
        return R"({"id":"a-1","pid":1,"name":"a","state":"idle","memory_bytes":1,"threads":1,"cpu_percent":)" + cpu +
               R"(,"uptime_seconds":)" + uptime + "}";
    };
    CHECK(read(with("9007199254740991.0", "9.5")));
    CHECK_FALSE(read(with("9007199254740992.0", "1")));
    CHECK_FALSE(read(with("1.7976931348623159e308", "1")));
    CHECK_FALSE(read(with("1", "-1.7976931348623159e308")));
}

TEST_CASE("figures that no process has are ignored") {
    const auto with = [](std::int64_t pid, std::int64_t memory, std::int64_t threads) {
        auto a = agent("a");
        a.pid = pid;
        a.memory_bytes = memory;
        a.threads = threads;
        return read(to_json(a));
    };
    constexpr std::int64_t largest = 9'007'199'254'740'991;  // what every client can hold
    CHECK(with(0, 0, 0));
    CHECK(with(largest, largest, largest));
    for (const std::int64_t odd : {std::int64_t{-1}, largest + 1, INT64_MIN, INT64_MAX}) {
        CAPTURE(odd);
        CHECK_FALSE(with(odd, 1, 1));
        CHECK_FALSE(with(1, odd, 1));
        CHECK_FALSE(with(1, 1, odd));
    }
}

TEST_CASE("an id has to fit into one level of a topic") {
    const auto with = [](const std::string& id) {
        auto a = agent("x");
        a.id = id;
        return read(to_json(a));
    };
    CHECK(with("Az09-_"));
    CHECK(with(std::string(64, 'x')));
    for (const std::string id : {"", "a.b", "*", "a b", "\xC3\xA4"}) {
        CAPTURE(id);
        CHECK_FALSE(with(id));
    }
    CHECK_FALSE(with(std::string(65, 'x')));
}
