#include "scenario.hpp"

#include "bench/stamp.hpp"
#include "json_fields.hpp"

#include <kingbolt/engine/topic_name.hpp>

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <stdexcept>

namespace hubload {
namespace {

// They all come from one address, of which the kernel's default range has 28,232 ports; some may be taken.
constexpr std::size_t most_sockets = 20'000;
constexpr std::uint64_t most_seconds = 7 * 24 * 3600;

Limits read_limits(JsonFields fields, const Limits& otherwise) {
    constexpr auto cure = "0 allows none";
    constexpr std::uint64_t most = 1'000'000'000'000;
    const Limits limits{.disconnects = fields.whole("disconnects", otherwise.disconnects, 0, most, cure),
                        .lost = fields.whole("lost", otherwise.lost, 0, most, cure),
                        .duplicates = fields.whole("duplicates", otherwise.duplicates, 0, most, cure),
                        .reordered = fields.whole("reordered", otherwise.reordered, 0, most, cure),
                        .p99_ms = fields.number("p99_ms", otherwise.p99_ms, 3'600'000, "use 100"),
                        .memory_kib_per_minute = fields.number("memory_kib_per_minute", otherwise.memory_kib_per_minute, 1e9, "use 64")};
    fields.finish();
    return limits;
}

/// `where` is `scenarios[2]`.
Scenario read_scenario(const std::string& where, const rapidjson::Value& value, const Limits& limits) {
    JsonFields fields{where, value};
    const auto seconds = [&fields](const char* key, std::chrono::seconds otherwise, std::uint64_t least, const char* cure) {
        return std::chrono::seconds{fields.whole(key, static_cast<std::uint64_t>(otherwise.count()), least, most_seconds, cure)};
    };
    const Scenario usual;
    Scenario scenario{
        .name = fields.text("name", ""),
        .about = fields.text("about", ""),
        .clients = fields.whole("clients", usual.clients, 1, most_sockets, "start several hubload for more"),
        .idle_clients = fields.whole("idle_clients", usual.idle_clients, 0, most_sockets, "start several hubload for more"),
        .topics = fields.whole("topics", usual.topics, 1, 1'000, "one is enough for most"),
        .topic = fields.text("topic", usual.topic),
        .events_per_second = fields.whole("events_per_second", usual.events_per_second, 1, 1'000'000, "1 for a hub with little to do"),
        .bytes = fields.whole("bytes", usual.bytes, bench::Stamp::size, 1024 * 1024, "32 bytes say its number and when it was due"),
        .warm_up = seconds("warm_up_seconds", usual.warm_up, 0, "use 10"),
        .length = seconds("seconds", usual.length, 1, "use 60"),
        .reconnects_per_second = fields.whole("reconnects_per_second", usual.reconnects_per_second, 0, 1'000, "0 for none"),
        .limits = limits};
    const auto* const own = fields.find("limits");
    fields.finish();

    using kingbolt::InvalidOption;
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (scenario.name.empty() || !std::ranges::all_of(scenario.name, is_plain))
        throw InvalidOption{fields.name_of("name"), '"' + scenario.name + '"', "small letters, digits and hyphens",
                            "name it, as ten-clients"};
    if (!kingbolt::engine::is_topic(scenario.topic + ".1"))
        throw InvalidOption{fields.name_of("topic"), '"' + scenario.topic + '"', "a topic", "use load"};
    if (scenario.sockets() > most_sockets)
        throw InvalidOption{fields.name_of("clients") + " + idle_clients + topics", std::to_string(scenario.sockets()),
                            "at most " + std::to_string(most_sockets), "start several hubload for more"};
    if (scenario.reconnects_per_second > 0 && scenario.idle_clients == 0)
        throw InvalidOption{fields.name_of("reconnects_per_second"), std::to_string(scenario.reconnects_per_second),
                            "0 without idle clients, who are the ones that leave", "give idle_clients too"};
    if (own != nullptr) scenario.limits = read_limits({fields.name_of("limits"), *own}, limits);
    return scenario;
}

}  // namespace

std::vector<Scenario> read_scenarios(std::string_view json) {
    rapidjson::Document file;
    file.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
    if (file.HasParseError()) {
        const auto before = json.substr(0, file.GetErrorOffset());
        throw std::invalid_argument{"line " + std::to_string(1 + std::ranges::count(before, '\n')) + ": " +
                                    rapidjson::GetParseError_En(file.GetParseError())};
    }
    JsonFields fields{"file", file};
    const auto* const limits_of_all = fields.find("limits");
    const auto* const list = fields.find("scenarios");
    fields.finish();
    const Limits limits = limits_of_all == nullptr ? Limits{} : read_limits({"limits", *limits_of_all}, {});
    if (list == nullptr || !list->IsArray() || list->Empty())
        throw kingbolt::InvalidOption{"scenarios", list == nullptr ? "nothing" : "no list, or an empty one", "a list of one or more",
                                      "describe one"};

    std::vector<Scenario> scenarios;
    for (const auto& value : list->GetArray()) {
        const std::string where = "scenarios[" + std::to_string(scenarios.size()) + ']';
        Scenario scenario = read_scenario(where, value, limits);
        if (std::ranges::find(scenarios, scenario.name, &Scenario::name) != scenarios.end())
            throw kingbolt::InvalidOption{where + ".name", '"' + scenario.name + '"', "a name of its own", "another has it already"};
        scenarios.push_back(std::move(scenario));
    }
    return scenarios;
}

}  // namespace hubload
