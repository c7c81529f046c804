# Helpers for examples/ and benchmarks/. Binaries land in bin/ of the build folder, so that scripts find them.

# kingbolt_example(<name> [SOURCES file…] [LIBS target…]); SOURCES default to every *.cpp of the folder.
function(kingbolt_example name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    if(NOT arg_SOURCES)
        file(GLOB arg_SOURCES CONFIGURE_DEPENDS *.cpp)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE kingbolt::kingbolt ${arg_LIBS} kingbolt_warnings)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endfunction()

# kingbolt_benchmark(<name> [SOURCES file…] [LIBS target…] [MICRO]); MICRO links Google Benchmark and its main.
# benchmarks/support/ is on the include path; benchmarks/ itself cannot be: its script `compare` would hide <compare>.
function(kingbolt_benchmark name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "MICRO" "" "SOURCES;LIBS")
    if(arg_MICRO)
        list(APPEND arg_LIBS benchmark::benchmark_main)
    endif()
    kingbolt_example(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/benchmarks/support")
endfunction()

# kingbolt_add_subfolders([folder…]): these, or every folder of the current one that has a CMakeLists.txt, in name order.
function(kingbolt_add_subfolders)
    set(folders ${ARGN})
    if(NOT folders)
        file(GLOB folders CONFIGURE_DEPENDS "*/CMakeLists.txt")
        list(TRANSFORM folders REPLACE "/CMakeLists.txt$" "")
    endif()
    foreach(folder IN LISTS folders)
        add_subdirectory("${folder}")
    endforeach()
endfunction()
