#pragma once
// Everything that needs no library besides the standard one. Transports are included by name: kingbolt/transport/….hpp.

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/engine/describe.hpp>
#include <kingbolt/engine/diagnosis.hpp>
#include <kingbolt/engine/disconnect_patterns.hpp>
#include <kingbolt/engine/journal.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/version.hpp>
