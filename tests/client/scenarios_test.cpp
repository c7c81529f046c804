// The table that all clients share.

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "scenario.hpp"
#include "support/catch.hpp"

using namespace kingbolt::test;

namespace {

rapidjson::Document read_table() {
    const char* const path = std::getenv("KINGBOLT_SCENARIOS");
    if (path == nullptr) throw std::runtime_error{"KINGBOLT_SCENARIOS does not say where tests/clients/scenarios.json is"};
    std::ifstream file{path};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    rapidjson::Document table;
    if (table.Parse(text.data(), text.size()).HasParseError() || !table.IsArray())
        throw std::runtime_error{"no table: " + std::string{path}};
    return table;
}

}  // namespace

TEST_CASE("the client does what the table that all clients share says") {
    const auto table = read_table();
    int played = 0;
    for (const auto& scenario : table.GetArray()) {
        if (!Scenario::is_for_us(scenario)) continue;
        INFO(scenario["name"].GetString());
        CHECK_NOTHROW(Scenario{scenario}.play());
        ++played;
    }
    CHECK(played >= 50);
}
