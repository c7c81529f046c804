#pragma once
// Catch2, whichever major version is installed: v3 (vcpkg, Conan) or v2 (Debian 12).

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
