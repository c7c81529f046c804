#include "roster.hpp"

#include "json_object.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace reference_server {
namespace {

/// The protocol has no larger one (docs/protocol.md).
constexpr std::int64_t largest_number = (std::int64_t{1} << 53) - 1;

bool differs(const AgentStatus& a, const AgentStatus& b) {
    const auto memory_step = std::max(Roster::smallest_memory_step, a.memory_bytes / 100);
    return a.state != b.state || a.threads != b.threads || a.name != b.name ||
           std::abs(a.cpu_percent - b.cpu_percent) >= Roster::cpu_step || std::abs(a.memory_bytes - b.memory_bytes) >= memory_step;
}

}  // namespace

bool is_agent_id(std::string_view id) {
    constexpr std::size_t max_size = 64;
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !id.empty() && id.size() <= max_size && std::ranges::all_of(id, plain);
}

std::optional<AgentStatus> read_agent(const rapidjson::Value& value) {
    if (!value.IsObject()) return std::nullopt;
    bool complete = true;
    const auto field = [&](const char* name, auto is_right) -> const rapidjson::Value* {
        const auto found = value.FindMember(name);
        const bool right = found != value.MemberEnd() && is_right(found->value);
        complete = complete && right;
        return right ? &found->value : nullptr;
    };
    const auto text = [&](const char* name) {
        const auto* found = field(name, [](const rapidjson::Value& v) { return v.IsString(); });
        return found != nullptr ? std::string{found->GetString(), found->GetStringLength()} : std::string{};
    };
    const auto integer = [&](const char* name) {
        const auto* found =
            field(name, [](const rapidjson::Value& v) { return v.IsInt64() && v.GetInt64() >= 0 && v.GetInt64() <= largest_number; });
        return found != nullptr ? found->GetInt64() : 0;
    };
    const auto number = [&](const char* name) {
        // RapidJSON reads some that are beyond all doubles as infinite, which no JSON can say.
        const auto* found = field(
            name, [](const rapidjson::Value& v) { return v.IsNumber() && std::abs(v.GetDouble()) <= static_cast<double>(largest_number); });
        return found != nullptr ? found->GetDouble() : 0.0;
    };
    AgentStatus agent{.id = text("id"),
                      .pid = integer("pid"),
                      .name = text("name"),
                      .state = text("state"),
                      .cpu_percent = number("cpu_percent"),
                      .memory_bytes = integer("memory_bytes"),
                      .threads = integer("threads"),
                      .uptime_seconds = number("uptime_seconds")};
    if (!complete || !is_agent_id(agent.id)) return std::nullopt;
    return agent;
}

namespace {

JsonObject& add(JsonObject& json, const AgentStatus& agent) {
    return json.add("id", agent.id)
        .add("pid", agent.pid)
        .add("name", agent.name)
        .add("state", agent.state)
        .add("cpu_percent", agent.cpu_percent)
        .add("memory_bytes", agent.memory_bytes)
        .add("threads", agent.threads)
        .add("uptime_seconds", agent.uptime_seconds);
}

}  // namespace

std::string to_json(const AgentStatus& agent) {
    JsonObject json;
    return add(json, agent).take();
}

std::string to_json(const AgentStatus& agent, kingbolt::Duration age) {
    JsonObject json;
    return add(json, agent).add("stale", true).add("age_ms", kingbolt::milliseconds(age)).take();
}

Roster::Update Roster::update(const std::vector<AgentStatus>& list, kingbolt::TimePoint now) {
    Update update;
    ++round_;
    for (const AgentStatus& agent : list) {
        const auto [at, is_new] = entries_.try_emplace(agent.id, Entry{agent, now, round_});
        Entry& entry = at->second;
        entry.round = round_;
        if (!is_new && !entry.due && !differs(entry.published, agent) && now - entry.at < refresh_) continue;
        entry.due = false;
        entry.published = agent;
        entry.at = now;
        update.due.push_back(agent);
    }
    std::erase_if(entries_, [&](auto& item) {
        if (item.second.round == round_) return false;
        update.missing.push_back(std::move(item.second.published));
        return true;
    });
    return update;
}

}  // namespace reference_server
