#pragma once
// What is kept of a run, as JSON; `run` makes a report of it.

#include "result.hpp"
#include "scenario.hpp"

#include <array>
#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

namespace hubload {

/// Who was measured, when, and how busy the machine was.
struct Circumstances {
    std::string server{};  ///< its command or its URL
    std::chrono::system_clock::time_point started{};
    std::array<double, 2> load_average{};  ///< over a minute, before and after
};

struct Played {
    Scenario scenario;
    Circumstances circumstances;
    Result result;
    std::vector<std::string> complaints;
};

void write_json(std::ostream& out, const std::vector<Played>& all);

}  // namespace hubload
