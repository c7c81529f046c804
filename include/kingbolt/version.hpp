#pragma once
// The version, stated here and nowhere else; CMake reads the three numbers, and Conan's recipe does.

/// Its first number. Before 1.0 a minor version may change the interface.
#define KINGBOLT_VERSION_MAJOR 0
/// Its second.
#define KINGBOLT_VERSION_MINOR 1
/// Its third.
#define KINGBOLT_VERSION_PATCH 0

/// To compare with: 0.1.0 is 100, 1.2.3 is 10203. Semantic Versioning 2.0.0.
#define KINGBOLT_VERSION (KINGBOLT_VERSION_MAJOR * 10000 + KINGBOLT_VERSION_MINOR * 100 + KINGBOLT_VERSION_PATCH)
