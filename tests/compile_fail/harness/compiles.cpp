// expect: the expected reason
#include <kingbolt/version.hpp>

static_assert(KINGBOLT_VERSION_MAJOR >= 0);
