#pragma once
// How far a scenario is: a bar on a terminal, a line now and then elsewhere.

#include "result.hpp"
#include "scenario.hpp"

#include <chrono>
#include <cstddef>

namespace hubload {

/// On stderr.
class Progress {
public:
    explicit Progress(const Scenario& scenario);

    void coming(std::size_t there, std::size_t of);
    void playing();
    void second(const Sample& sample);
    /// Takes the bar away.
    void done();

private:
    const Scenario& scenario_;
    const bool terminal_;
    std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace hubload
