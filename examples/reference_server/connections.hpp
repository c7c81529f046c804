#pragma once
// Who is connected, and how each of them is doing, as JSON.

#include <kingbolt/engine/session.hpp>
#include <kingbolt/engine/session_stats.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace reference_server {

class Connections {
public:
    static constexpr std::size_t most_listed = 1'000;

    void add(const kingbolt::Session& session, const kingbolt::SessionStats& stats);

    /// {"total":…,"connections":[{"session":…,"subject":…,"remote":…,"path":…,"age_ms":…,"rtt_ms":…,…},…]}, of the first
    /// `most_listed`.
    std::string json() const;

private:
    std::size_t total_ = 0;
    std::vector<std::string> listed_;
};

/// Of the hub's loop only.
template <class Hub>
std::string connections_of(Hub& hub) {
    Connections connections;
    hub.for_each_session([&](const kingbolt::Session& session, const kingbolt::SessionStats& stats) { connections.add(session, stats); });
    return connections.json();
}

}  // namespace reference_server
