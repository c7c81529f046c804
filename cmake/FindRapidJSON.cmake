# RapidJSON, as the imported target RapidJSON::RapidJSON.
#
# vcpkg, Conan and RapidJSON's own newer build name their target `rapidjson`; Debian's config package (1.1.0) sets variables only.
# Sets RapidJSON_FOUND, RapidJSON_VERSION, RapidJSON_INCLUDE_DIR.

find_package(RapidJSON CONFIG QUIET)

foreach(name IN ITEMS rapidjson RapidJSON)
    if(TARGET ${name} AND NOT TARGET RapidJSON::RapidJSON)
        add_library(RapidJSON::RapidJSON INTERFACE IMPORTED)
        set_target_properties(RapidJSON::RapidJSON PROPERTIES INTERFACE_LINK_LIBRARIES ${name})
        get_target_property(RapidJSON_include_hints ${name} INTERFACE_INCLUDE_DIRECTORIES)
        # Conan wraps its include folders in generator expressions: $<$<CONFIG:Release>:folder>.
        string(REGEX REPLACE "\\$<\\$<[^>]*>:([^>]*)>" "\\1" RapidJSON_include_hints "${RapidJSON_include_hints}")
    endif()
endforeach()

find_path(RapidJSON_INCLUDE_DIR rapidjson/rapidjson.h HINTS ${RapidJSON_include_hints} ${RAPIDJSON_INCLUDE_DIRS} ${RapidJSON_INCLUDE_DIRS})
mark_as_advanced(RapidJSON_INCLUDE_DIR)

if(RapidJSON_INCLUDE_DIR)
    set(RapidJSON_VERSION "")
    foreach(part IN ITEMS MAJOR MINOR PATCH)
        file(STRINGS "${RapidJSON_INCLUDE_DIR}/rapidjson/rapidjson.h" RapidJSON_line REGEX "^#define RAPIDJSON_${part}_VERSION [0-9]+")
        string(REGEX MATCH "[0-9]+" RapidJSON_number "${RapidJSON_line}")
        list(APPEND RapidJSON_VERSION ${RapidJSON_number})
    endforeach()
    list(JOIN RapidJSON_VERSION "." RapidJSON_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RapidJSON REQUIRED_VARS RapidJSON_INCLUDE_DIR VERSION_VAR RapidJSON_VERSION
    REASON_FAILURE_MESSAGE "install rapidjson-dev (Debian), or rapidjson with vcpkg or Conan")

if(RapidJSON_FOUND AND NOT TARGET RapidJSON::RapidJSON)
    add_library(RapidJSON::RapidJSON INTERFACE IMPORTED)
    set_target_properties(RapidJSON::RapidJSON PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${RapidJSON_INCLUDE_DIR}")
endif()
