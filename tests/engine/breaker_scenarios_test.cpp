#include <fstream>
#include <set>
#include <string>

#include "breaker_player.hpp"
#include "support/catch.hpp"

using namespace breaker_test;

namespace {

std::vector<Scenario> scenarios() {
    std::ifstream in{BREAKER_SCENARIOS};
    return read_scenarios(in);
}

/// `E*3` written out.
std::string in_full(const std::string& calls) {
    std::vector<std::string> all;
    for (const auto& word : words(calls)) {
        const auto star = word.find('*');
        for (int i = star == std::string::npos ? 1 : std::stoi(word.substr(star + 1)); i > 0; --i) all.push_back(word.substr(0, star));
    }
    return joined(all);
}

}  // namespace

TEST_CASE("a breaker does in each scenario what the table says") {
    const auto all = scenarios();
    REQUIRE(all.size() >= 43);
    std::set<std::string> ids;
    for (const Scenario& scenario : all) {
        INFO("scenario " << scenario.id << ": " << scenario.source);
        CHECK(ids.insert(scenario.id).second);
        Player player{scenario.configuration};
        CHECK_NOTHROW(player.play(scenario.steps));
        CHECK(player.calls() == in_full(scenario.calls));
        CHECK(player.transitions() == scenario.transitions);
    }
}
