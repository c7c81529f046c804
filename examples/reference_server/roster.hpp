#pragma once
// Which agents there are, and whose status has changed enough to be worth a message. No I/O and no clock.

#include <kingbolt/core/time.hpp>

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reference_server {

/// One agent, as the engine reports it.
struct AgentStatus {
    std::string id{};
    std::int64_t pid = 0;
    std::string name{};
    std::string state{};
    double cpu_percent = 0;
    std::int64_t memory_bytes = 0;
    std::int64_t threads = 0;
    double uptime_seconds = 0;
};

/// One level of a topic: letters, digits, `-` and `_`, at most 64.
bool is_agent_id(std::string_view id);

/// Nothing when `value` is not such an agent.
std::optional<AgentStatus> read_agent(const rapidjson::Value& value);

/// As the `data` of an event.
std::string to_json(const AgentStatus& agent);
/// Likewise, of a status that is not live any more: with "stale":true and "age_ms".
std::string to_json(const AgentStatus& agent, kingbolt::Duration age);

class Roster {
public:
    /// CPU by one percentage point, or memory by a hundredth and at least 64 KiB, is a change; state, threads and name always are.
    static constexpr double cpu_step = 1.0;
    static constexpr std::int64_t smallest_memory_step = 65'536;

    /// An unchanged status is due again after `refresh`.
    explicit Roster(kingbolt::Duration refresh) : refresh_{refresh} {}

    struct Update {
        std::vector<AgentStatus> due{};      ///< new, changed, or long not published
        std::vector<AgentStatus> missing{};  ///< their last status; they are off the roster
    };
    /// Takes the engine's whole list in, as of `now`.
    Update update(const std::vector<AgentStatus>& list, kingbolt::TimePoint now);

    /// What was published last was not live: all are due again.
    void expire() noexcept {
        for (auto& [id, entry] : entries_) entry.due = true;
    }

    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        AgentStatus published;
        kingbolt::TimePoint at;
        std::uint64_t round;
        bool due = false;  ///< whether it has changed or not
    };

    std::map<std::string, Entry> entries_;
    kingbolt::Duration refresh_;
    std::uint64_t round_ = 0;
};

}  // namespace reference_server
