// Files of scenarios: what they say, and what is said about those that are wrong.

#include "scenario.hpp"

#include <kingbolt/core/error.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace hubload;
using namespace std::chrono_literals;
using kingbolt::InvalidOption;

namespace {

/// The members of the only scenario of a file, beside its name.
std::string file_with(std::string_view members) { return R"({"scenarios": [{"name": "one", )" + std::string{members} + "}]}"; }

void refused(const std::string& file, const std::string& option, const std::string& value, const std::string& range) {
    INFO(file);
    try {
        read_scenarios(file);
        FAIL_CHECK("accepted");
    } catch (const InvalidOption& error) {
        CHECK(error.option() == option);
        CHECK(error.value() == value);
        CHECK(error.range() == range);
        CHECK_FALSE(error.cure().empty());
    }
}

}  // namespace

TEST_CASE("what a file leaves out has its default") {
    const auto scenarios = read_scenarios(R"({"scenarios": [{"name": "one"}]})");
    REQUIRE(scenarios.size() == 1);
    const Scenario& one = scenarios[0];
    CHECK(one.name == "one");
    CHECK(one.clients == 1);
    CHECK(one.topic == "load");
    CHECK(one.warm_up == 10s);
    CHECK(one.length == 60s);
    CHECK(one.limits.p99_ms == 100);
    CHECK(one.limits.lost == 0);
    CHECK(one.limits.disconnects == 0);
}

TEST_CASE("all keys are read, and a scenario's limits stand before those of the file") {
    const auto scenarios = read_scenarios(R"({
        "limits": {"p99_ms": 20, "lost": 7},
        "scenarios": [
            {"name": "a-1", "about": "all of it", "clients": 3, "idle_clients": 4, "topics": 2, "topic": "chat.load", "events_per_second": 9, "bytes": 40,
             "warm_up_seconds": 0, "seconds": 5, "reconnects_per_second": 6,
             "limits": {"p99_ms": 30.5, "disconnects": 1, "duplicates": 2, "reordered": 3, "memory_kib_per_minute": 1.5}},
            {"name": "b"}]})");
    REQUIRE(scenarios.size() == 2);
    const Scenario& a = scenarios[0];
    CHECK((a.about == "all of it" && a.clients == 3 && a.idle_clients == 4 && a.topics == 2 && a.topic == "chat.load"));
    CHECK((a.events_per_second == 9 && a.bytes == 40 && a.warm_up == 0s && a.length == 5s && a.reconnects_per_second == 6));
    CHECK((a.limits.p99_ms == 30.5 && a.limits.lost == 7 && a.limits.disconnects == 1 && a.limits.duplicates == 2));
    CHECK((a.limits.reordered == 3 && a.limits.memory_kib_per_minute == 1.5));
    CHECK((scenarios[1].limits.p99_ms == 20 && scenarios[1].limits.lost == 7));
}

TEST_CASE("a value out of its range is named, with the range and the cure") {
    refused(file_with(R"("clients": 0)"), "scenarios[0].clients", "0", "a whole number from 1 to 20000");
    refused(file_with(R"("clients": 20001)"), "scenarios[0].clients", "20001", "a whole number from 1 to 20000");
    refused(file_with(R"("clients": -1)"), "scenarios[0].clients", "-1", "a whole number from 1 to 20000");
    refused(file_with(R"("clients": 1.5)"), "scenarios[0].clients", "1.5", "a whole number from 1 to 20000");
    refused(file_with(R"("clients": "ten")"), "scenarios[0].clients", R"("ten")", "a whole number from 1 to 20000");
    refused(file_with(R"("events_per_second": 0)"), "scenarios[0].events_per_second", "0", "a whole number from 1 to 1000000");
    refused(file_with(R"("bytes": 31)"), "scenarios[0].bytes", "31", "a whole number from 32 to 1048576");
    refused(file_with(R"("seconds": 0)"), "scenarios[0].seconds", "0", "a whole number from 1 to 604800");
    refused(file_with(R"("topics": 0)"), "scenarios[0].topics", "0", "a whole number from 1 to 1000");
    refused(file_with(R"("topic": "a.*")"), "scenarios[0].topic", R"("a.*")", "a topic");
    refused(file_with(R"("about": 1)"), "scenarios[0].about", "1", "a text");
    refused(file_with(R"("limits": {"p99_ms": -1})"), "scenarios[0].limits.p99_ms", "-1", "a number from 0 to 3600000");
    refused(file_with(R"("limits": [])"), "scenarios[0].limits", "[]", "a JSON object");
    refused(R"({"limits": {"lost": true}, "scenarios": [{"name": "one"}]})", "limits.lost", "true",
            "a whole number from 0 to 1000000000000");
}

TEST_CASE("what belongs together is looked at together") {
    refused(file_with(R"("clients": 15000, "idle_clients": 5000)"), "scenarios[0].clients + idle_clients + topics", "20001",
            "at most 20000");
    refused(file_with(R"("reconnects_per_second": 5)"), "scenarios[0].reconnects_per_second", "5",
            "0 without idle clients, who are the ones that leave");
}

TEST_CASE("an unknown key is named, with those that there are") {
    try {
        read_scenarios(file_with(R"("clinets": 3)"));
        FAIL_CHECK("accepted");
    } catch (const InvalidOption& error) {
        CHECK(error.option() == "scenarios[0].clinets");
        CHECK(error.value() == "3");
        CHECK(error.range().starts_with("keys: name, about, clients, idle_clients, "));
        CHECK(error.cure() == "is it misspelt?");
    }
    refused(R"({"scenarios": [{"name": "one"}], "scenario": 1})", "file.scenario", "1", "keys: limits, scenarios");
    refused(R"({"scenarios": [{"name": "one", "clients": 1, "clients": 2}]})", "scenarios[0].clients", "2", "each key once");
}

TEST_CASE("each scenario has a name of its own, and there is one at least") {
    refused(R"({"scenarios": [{"name": "one"}, {"name": "one"}]})", "scenarios[1].name", R"("one")", "a name of its own");
    refused(R"({"scenarios": [{}]})", "scenarios[0].name", R"("")", "small letters, digits and hyphens");
    refused(R"({"scenarios": [{"name": "No Name"}]})", "scenarios[0].name", R"("No Name")", "small letters, digits and hyphens");
    refused(R"({"scenarios": []})", "scenarios", "no list, or an empty one", "a list of one or more");
    refused("{}", "scenarios", "nothing", "a list of one or more");
    refused("[]", "file", "[]", "a JSON object");
    refused(R"({"scenarios": [7]})", "scenarios[0]", "7", "a JSON object");
}

TEST_CASE("what is no JSON is told with its line") {
    try {
        read_scenarios("{\n \"scenarios\": [\n  {\"name\": \"one\",}\n ]\n}");
        FAIL_CHECK("accepted");
    } catch (const std::invalid_argument& error) {
        CHECK(std::string{error.what()}.starts_with("line 3: "));
    }
}
