# Runs the portfile of kingbolt as vcpkg does, with as much of vcpkg's functions as it calls: once for each set of features, to see what
# it hands to CMake, and that the files that CMake installs end up where vcpkg looks for them.

cmake_minimum_required(VERSION 3.24)  # as vcpkg has it: a script has no policies of its own

function(vcpkg_check_features)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" OUT_FEATURE_OPTIONS FEATURES)
    set(options "")
    while(arg_FEATURES)
        list(POP_FRONT arg_FEATURES feature option)
        if(feature IN_LIST FEATURES)
            list(APPEND options "-D${option}=ON")
        else()
            list(APPEND options "-D${option}=OFF")
        endif()
    endwhile()
    set(${arg_OUT_FEATURE_OPTIONS} "${options}" PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" SOURCE_PATH OPTIONS)
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -S "${arg_SOURCE_PATH}" -B "${WORK}/build" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
                "-DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}" -DCMAKE_INSTALL_LIBDIR=lib ${arg_OPTIONS}
        COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
    set_property(GLOBAL PROPERTY configured_with "${arg_OPTIONS}")
endfunction()

function(vcpkg_cmake_install)
    execute_process(COMMAND "${CMAKE_COMMAND}" --install "${WORK}/build" COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endfunction()

function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" CONFIG_PATH "")
    file(RENAME "${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}" "${CURRENT_PACKAGES_DIR}/share/${PORT}")
    file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib/cmake")
endfunction()

function(vcpkg_fixup_pkgconfig)
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" FILE_LIST)
    file(COPY_FILE ${arg_FILE_LIST} "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright")
endfunction()

set(PORT kingbolt)
set(CURRENT_PACKAGES_DIR "${WORK}/packages")
foreach(set_of_features IN ITEMS "core" "core;native" "core;tls;deflate;jwt;json-protocol;client;metrics;circuit-breaker")
    file(REMOVE_RECURSE "${WORK}")
    # What vcpkg makes for every port, and the portfile moves into.
    file(MAKE_DIRECTORY "${CURRENT_PACKAGES_DIR}/share")
    set(FEATURES "${set_of_features}")
    include("${SOURCE}/packaging/vcpkg/ports/kingbolt/portfile.cmake")

    foreach(file IN ITEMS include/kingbolt/hub.hpp share/kingbolt/kingboltConfig.cmake share/kingbolt/usage share/kingbolt/copyright share/pkgconfig/kingbolt.pc)
        if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/${file}")
            message(FATAL_ERROR "[${FEATURES}]: ${file} is missing")
        endif()
    endforeach()
    foreach(folder IN ITEMS lib debug share/doc)
        if(EXISTS "${CURRENT_PACKAGES_DIR}/${folder}")
            message(FATAL_ERROR "[${FEATURES}]: a port of headers has no ${folder}")
        endif()
    endforeach()

    # Each feature is a component that is there, and what is no feature is not.
    get_property(options GLOBAL PROPERTY configured_with)
    file(GLOB targets RELATIVE "${CURRENT_PACKAGES_DIR}/share/kingbolt" "${CURRENT_PACKAGES_DIR}/share/kingbolt/kingbolt-*-targets.cmake")
    list(LENGTH FEATURES wanted)
    math(EXPR wanted "${wanted} - 1")  # core
    list(LENGTH targets installed)
    list(FILTER options INCLUDE REGEX "=ON$")
    list(LENGTH options on)
    if(NOT installed EQUAL wanted OR NOT on EQUAL wanted)
        message(FATAL_ERROR "[${FEATURES}]: switched on ${options}, installed ${targets}")
    endif()
endforeach()
