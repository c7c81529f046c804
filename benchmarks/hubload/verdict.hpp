#pragma once
// Whether a result is within the limits of its scenario.

#include "result.hpp"
#include "scenario.hpp"

#include <string>
#include <vector>

namespace hubload {

/// What exceeds a limit, a line each; none: passed.
std::vector<std::string> complaints(const Limits& limits, const Result& result);

/// The figures in one line.
std::string in_words(const Result& result);

}  // namespace hubload
