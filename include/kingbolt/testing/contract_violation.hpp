#pragma once
// The Simulation also checks the hub: a rule of concepts/transport.hpp that it breaks becomes this exception.

#include <stdexcept>

namespace kingbolt::testing {

/// Thrown out of the command that broke the rule, and again out of the `run_…` that was going on, in case the hub swallowed it.
/// `what()` names the connection and the rule.
class ContractViolation : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

}  // namespace kingbolt::testing
