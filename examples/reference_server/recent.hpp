#pragma once
// What has happened lately, for those who were not there to hear of it.

#include "json_object.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace reference_server {

/// The latest 64 events of a kind.
class Recent {
public:
    /// `data` is that of an event which is published now.
    void add(std::string_view data) {
        const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
        events_.push_back(JsonObject{}.add("ts", std::int64_t{now.count()}).add_json("data", data).take());
        if (events_.size() > kept) events_.pop_front();
    }

    /// [{"ts":…,"data":…},…], the oldest first.
    std::string json() const { return json_array(events_); }

private:
    static constexpr std::size_t kept = 64;

    std::deque<std::string> events_;
};

}  // namespace reference_server
