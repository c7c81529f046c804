#pragma once
// The version, stated here and nowhere else; CMake reads these three lines.

#define KINGBOLT_VERSION_MAJOR 0
#define KINGBOLT_VERSION_MINOR 1
#define KINGBOLT_VERSION_PATCH 0
