# Helpers for tests/. Labels: unit socket simulation install compile_fail soak lint browser.

set(KINGBOLT_TEST_TIMEOUT_FACTOR 1 CACHE STRING "Multiplies every test's timeout; the sanitizers are slow")
set(KINGBOLT_HUB_TESTS_OVER "native;websocketpp" CACHE STRING "The transports over which hubs and channels are tested; each has tests of its own besides")
# Without optimisation they play less; for a night, set these higher.
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    set(simulation_seeds 200)
    set(simulation_hours 2)
else()
    set(simulation_seeds 1000)
    set(simulation_hours 24)
endif()
set(KINGBOLT_SIMULATION_SEEDS ${simulation_seeds} CACHE STRING "Seeds that each simulation of faults plays")
set(KINGBOLT_SIMULATION_HOURS ${simulation_hours} CACHE STRING "Hours of virtual time in the simulated day")
option(KINGBOLT_THREADED_TESTS_ONLY "Leave out the tests that say of themselves that they have one thread, in which ThreadSanitizer finds nothing" OFF)

macro(kingbolt_test_defaults)
    if(NOT arg_LABELS)
        set(arg_LABELS unit)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * ${KINGBOLT_TEST_TIMEOUT_FACTOR}")
endmacro()

# kingbolt_test(<name> [SOURCES file…] [LIBS target…] [LABELS label…] [TIMEOUT seconds] [ENVIRONMENT A=1…] [DISCOVER] [SERIAL]
#               [UNITY] [ONE_THREAD])
#
# A Catch2 executable test_<name> and the test <name>; with DISCOVER one test `<name>.<test case>` for each TEST_CASE instead.
# SOURCES default to every *_test.cpp of the folder, LABELS to unit, TIMEOUT to 60. SERIAL: nothing else runs beside it.
# UNITY: several sources to a unit, where most of the compiler's time goes into the same templates. ONE_THREAD: see
# KINGBOLT_THREADED_TESTS_ONLY.
# A test that links kingbolt::websocketpp is left out of builds without it.
function(kingbolt_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "DISCOVER;SERIAL;UNITY;ONE_THREAD" "TIMEOUT" "SOURCES;LIBS;LABELS;ENVIRONMENT")
    if("kingbolt::websocketpp" IN_LIST arg_LIBS AND NOT KINGBOLT_WEBSOCKETPP)
        return()
    endif()
    if(arg_ONE_THREAD AND KINGBOLT_THREADED_TESTS_ONLY)
        return()
    endif()
    kingbolt_test_defaults()
    if(NOT arg_SOURCES)
        file(GLOB arg_SOURCES CONFIGURE_DEPENDS *_test.cpp)
    endif()

    add_executable(test_${name} ${arg_SOURCES})
    target_link_libraries(test_${name} PRIVATE kingbolt::kingbolt ${arg_LIBS} kingbolt_catch_main kingbolt_warnings)
    # A third less of the compiler's time. What is shipped, and what is measured, is built with all optimisations.
    target_compile_options(test_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    if(arg_UNITY)
        set_target_properties(test_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    endif()

    if(arg_DISCOVER)
        # Catch2's script takes a flat list of properties: one label, and no empty value.
        list(LENGTH arg_LABELS labels)
        if(labels GREATER 1 OR arg_ENVIRONMENT)
            message(FATAL_ERROR "kingbolt_test(${name} DISCOVER): takes one label and no ENVIRONMENT")
        endif()
        catch_discover_tests(test_${name} TEST_PREFIX "${name}."
            PROPERTIES LABELS ${arg_LABELS} TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL})
    else()
        add_test(NAME ${name} COMMAND test_${name})
        set_tests_properties(${name} PROPERTIES
            LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL} ENVIRONMENT "${arg_ENVIRONMENT}")
    endif()
endfunction()

# kingbolt_transport_test(<name> [OVER transport…] …) as kingbolt_test, once for each transport, or for those named: <name>_native and
# <name>_websocketpp. The sources find theirs in "transport_under_test.hpp".
function(kingbolt_transport_test name)
    cmake_parse_arguments(PARSE_ARGV 1 transport_test "" "" "OVER")
    if(NOT transport_test_OVER)
        set(transport_test_OVER native websocketpp)
    endif()
    foreach(transport IN LISTS transport_test_OVER)
        if(TARGET kingbolt::${transport})
            kingbolt_test(${name}_${transport} ${transport_test_UNPARSED_ARGUMENTS} LIBS kingbolt::${transport})
        endif()
        if(TARGET test_${name}_${transport})
            target_include_directories(test_${name}_${transport} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/transports/${transport}")
            if(transport STREQUAL "native")  # it promises to need nothing of Asio that is on its way out
                target_compile_definitions(test_${name}_${transport} PRIVATE ASIO_NO_DEPRECATED)
            endif()
        endif()
    endforeach()
endfunction()

# kingbolt_script_test(<name> COMMAND command… [LABELS label…] [TIMEOUT seconds] [ENVIRONMENT A=1…] [SERIAL])
function(kingbolt_script_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT" "COMMAND;LABELS;ENVIRONMENT")
    kingbolt_test_defaults()
    add_test(NAME ${name} COMMAND ${arg_COMMAND})
    set_tests_properties(${name} PROPERTIES
        LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL} ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction()
