# Warnings for everything kingbolt itself compiles; users of the library never inherit them.

add_library(kingbolt_warnings INTERFACE)
target_compile_options(kingbolt_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    # g++ 12 with optimisation sees overlapping copies in `"text" + std::string` (GCC bug 105329).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${KINGBOLT_WERROR}>:-Werror>)
