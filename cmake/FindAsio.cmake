# Standalone Asio, as the imported target asio::asio.
#
# vcpkg and Conan install a config package with that target, which is taken as it is. Debian's libasio-dev installs headers only:
# there the target is made here, with ASIO_STANDALONE and the thread library. Sets Asio_FOUND, Asio_VERSION, Asio_INCLUDE_DIR.

find_package(asio CONFIG QUIET)

if(TARGET asio::asio)
    get_target_property(Asio_include_hints asio::asio INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT Asio_include_hints)
        set(Asio_include_hints "")
    endif()
    # Conan wraps its include folders in generator expressions: $<$<CONFIG:Release>:folder>.
    string(REGEX REPLACE "\\$<\\$<[^>]*>:([^>]*)>" "\\1" Asio_include_hints "${Asio_include_hints}")
endif()
find_path(Asio_INCLUDE_DIR asio.hpp HINTS ${Asio_include_hints})
mark_as_advanced(Asio_INCLUDE_DIR)

if(Asio_INCLUDE_DIR AND EXISTS "${Asio_INCLUDE_DIR}/asio/version.hpp")
    # major * 100000 + minor * 100 + patch
    file(STRINGS "${Asio_INCLUDE_DIR}/asio/version.hpp" Asio_version_line REGEX "^#define ASIO_VERSION [0-9]+")
    string(REGEX MATCH "[0-9]+" Asio_version_number "${Asio_version_line}")
    math(EXPR Asio_version_major "${Asio_version_number} / 100000")
    math(EXPR Asio_version_minor "${Asio_version_number} / 100 % 1000")
    math(EXPR Asio_version_patch "${Asio_version_number} % 100")
    set(Asio_VERSION "${Asio_version_major}.${Asio_version_minor}.${Asio_version_patch}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio REQUIRED_VARS Asio_INCLUDE_DIR VERSION_VAR Asio_VERSION
    REASON_FAILURE_MESSAGE "install libasio-dev (Debian), or asio with vcpkg or Conan")

if(Asio_FOUND AND NOT TARGET asio::asio)
    find_package(Threads REQUIRED)
    add_library(asio::asio INTERFACE IMPORTED)
    set_target_properties(asio::asio PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${Asio_INCLUDE_DIR}"
        INTERFACE_COMPILE_DEFINITIONS ASIO_STANDALONE
        INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
