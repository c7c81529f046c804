# websocketpp 0.8.2 names its constructors and destructors with template arguments (`~server<config>() {}`), which C++20 took away
# (CWG 2237) and g++ 11 to 13 refuse. Where the compiler does, the three headers concerned are copied with those names corrected into the
# build folder, and that folder comes first on the include path of one target.

include(CheckCXXSourceCompiles)

# Sets `result`, cached, to whether websocketpp compiles as C++20 with `include_dirs` searched in order.
function(kingbolt_check_websocketpp result)
    set(CMAKE_CXX_STANDARD 20)
    set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
    set(CMAKE_REQUIRED_INCLUDES ${ARGN})
    set(CMAKE_REQUIRED_DEFINITIONS -D_WEBSOCKETPP_CPP11_STL_)
    # config/core.hpp needs no Asio: this asks about websocketpp alone, in a third of the time.
    check_cxx_source_compiles([[
        #include <websocketpp/config/core.hpp>
        #include <websocketpp/server.hpp>
        using Server = websocketpp::server<websocketpp::config::core>;
        Server* make() { return new Server; }
    ]] ${result})
endfunction()

# Gives `target` websocketpp's headers, privately and corrected if need be. Needs Websocketpp_INCLUDE_DIR.
function(kingbolt_use_websocketpp target)
    target_compile_definitions(${target} PRIVATE _WEBSOCKETPP_CPP11_STL_)
    # BUILD_INTERFACE: an installed kingbolt must not ask its users for websocketpp.
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:websocketpp::websocketpp>)

    kingbolt_check_websocketpp(KINGBOLT_WEBSOCKETPP_COMPILES_AS_IT_IS "${Websocketpp_INCLUDE_DIR}")
    if(KINGBOLT_WEBSOCKETPP_COMPILES_AS_IT_IS)
        return()
    endif()

    set(corrected "${PROJECT_BINARY_DIR}/websocketpp-corrected")
    foreach(header IN ITEMS websocketpp/endpoint.hpp websocketpp/logger/basic.hpp websocketpp/roles/server_endpoint.hpp)
        file(READ "${Websocketpp_INCLUDE_DIR}/${header}" text)
        # Only at the start of a line: a base class keeps its arguments in `: endpoint<connection<config>,config>(std::move(o))`.
        string(REGEX REPLACE "(\n[ \t]*~?)(basic|endpoint|server)<[a-z]+(, *[a-z]+)*>\\(" "\\1\\2(" text "${text}")
        file(WRITE "${PROJECT_BINARY_DIR}/websocketpp-corrected.tmp" "${text}")
        cmake_path(GET header PARENT_PATH folder)
        file(MAKE_DIRECTORY "${corrected}/${folder}")
        file(COPY_FILE "${PROJECT_BINARY_DIR}/websocketpp-corrected.tmp" "${corrected}/${header}" ONLY_IF_DIFFERENT)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${Websocketpp_INCLUDE_DIR}/${header}")
    endforeach()
    target_include_directories(${target} SYSTEM BEFORE PRIVATE "${corrected}")

    kingbolt_check_websocketpp(KINGBOLT_WEBSOCKETPP_COMPILES_CORRECTED "${corrected}" "${Websocketpp_INCLUDE_DIR}")
    if(NOT KINGBOLT_WEBSOCKETPP_COMPILES_CORRECTED)
        message(FATAL_ERROR "websocketpp ${Websocketpp_VERSION} in ${Websocketpp_INCLUDE_DIR} does not compile as C++20, not even with "
            "corrected headers (${corrected}); see the log in CMakeFiles/, or set KINGBOLT_WEBSOCKETPP=OFF")
    endif()
endfunction()
