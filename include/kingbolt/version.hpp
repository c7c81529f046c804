#pragma once
// The version, stated here and nowhere else; CMake reads these three lines, and Conan's recipe does.

#define KINGBOLT_VERSION_MAJOR 0
#define KINGBOLT_VERSION_MINOR 1
#define KINGBOLT_VERSION_PATCH 0

// To compare with: 0.1.0 is 100, 1.2.3 is 10203. Semantic Versioning 2.0.0; before 1.0 a minor version may change the interface.
#define KINGBOLT_VERSION (KINGBOLT_VERSION_MAJOR * 10000 + KINGBOLT_VERSION_MINOR * 100 + KINGBOLT_VERSION_PATCH)
