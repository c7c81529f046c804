# websocketpp, as the imported target websocketpp::websocketpp. Only kingbolt's own build looks for it.
#
# vcpkg, Conan and Debian install a config package with that target; where there is none, the headers are looked for.
# Sets Websocketpp_FOUND, Websocketpp_VERSION, Websocketpp_INCLUDE_DIR.

find_package(websocketpp CONFIG QUIET)

if(TARGET websocketpp::websocketpp)
    get_target_property(Websocketpp_include_hints websocketpp::websocketpp INTERFACE_INCLUDE_DIRECTORIES)
    # Conan wraps its include folders in generator expressions: $<$<CONFIG:Release>:folder>.
    string(REGEX REPLACE "\\$<\\$<[^>]*>:([^>]*)>" "\\1" Websocketpp_include_hints "${Websocketpp_include_hints}")
endif()
find_path(Websocketpp_INCLUDE_DIR websocketpp/version.hpp HINTS ${Websocketpp_include_hints})
mark_as_advanced(Websocketpp_INCLUDE_DIR)

if(Websocketpp_INCLUDE_DIR)
    set(Websocketpp_VERSION "")
    foreach(part IN ITEMS major minor patch)
        file(STRINGS "${Websocketpp_INCLUDE_DIR}/websocketpp/version.hpp" Websocketpp_line REGEX "^static int const ${part}_version = [0-9]+")
        string(REGEX MATCH "[0-9]+" Websocketpp_number "${Websocketpp_line}")
        list(APPEND Websocketpp_VERSION ${Websocketpp_number})
    endforeach()
    list(JOIN Websocketpp_VERSION "." Websocketpp_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Websocketpp REQUIRED_VARS Websocketpp_INCLUDE_DIR VERSION_VAR Websocketpp_VERSION
    REASON_FAILURE_MESSAGE "install libwebsocketpp-dev (Debian) or websocketpp with Conan, or set KINGBOLT_WEBSOCKETPP=OFF")

if(Websocketpp_FOUND AND NOT TARGET websocketpp::websocketpp)
    add_library(websocketpp::websocketpp INTERFACE IMPORTED)
    set_target_properties(websocketpp::websocketpp PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${Websocketpp_INCLUDE_DIR}")
endif()
