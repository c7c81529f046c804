# `cpack -G DEB`: libkingbolt-dev, what `cmake --install` installs as a Debian package. Configure with -DCMAKE_INSTALL_PREFIX=/usr, so
# that the files lie where Debian's own do. docs/packaging.md.

set(KINGBOLT_PACKAGE_CONTACT "kingbolt contributors <nobody@kingbolt.invalid>" CACHE STRING
    "Maintainer of packages: whoever publishes one, with a mail address")

# What Debian's policy wants beside the files (§12.5, §12.7). A component that a plain `cmake --install` leaves out.
set(kingbolt_debian_doc "share/doc/libkingbolt-dev")
install(FILES packaging/debian/copyright DESTINATION "${kingbolt_debian_doc}" COMPONENT debian EXCLUDE_FROM_ALL)
# gzip -n: no name and no time in the file, so that the same text makes the same bytes.
install(CODE "
    execute_process(COMMAND gzip -9nc \"${PROJECT_SOURCE_DIR}/CHANGELOG.md\"
        OUTPUT_FILE \"${PROJECT_BINARY_DIR}/debian/changelog.gz\" COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND gzip -9nc \"${PROJECT_SOURCE_DIR}/packaging/debian/changelog\"
        OUTPUT_FILE \"${PROJECT_BINARY_DIR}/debian/changelog.Debian.gz\" COMMAND_ERROR_IS_FATAL ANY)" COMPONENT debian EXCLUDE_FROM_ALL)
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/debian")
install(FILES "${PROJECT_BINARY_DIR}/debian/changelog.gz" "${PROJECT_BINARY_DIR}/debian/changelog.Debian.gz"
    DESTINATION "${kingbolt_debian_doc}" COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kingbolt)
set(CPACK_PACKAGE_VENDOR "kingbolt contributors")
set(CPACK_PACKAGE_CONTACT "${KINGBOLT_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "C++20 library for resilient WebSocket hubs (development files)")
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};kingbolt;Unspecified;/;${PROJECT_BINARY_DIR};kingbolt;debian;/")
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_PACKAGE_NAME libkingbolt-dev)
set(CPACK_DEBIAN_PACKAGE_SOURCE kingbolt)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "kingbolt keeps WebSocket connections alive, bounds what each may cost, routes
what is published to those who listen, and says of every connection that ends
why it ended, with the evidence.

This package has the headers, a CMake package, pkg-config files and, where it
was built, the static library of the websocketpp transport.")

# The hub needs nothing. The transports need Asio, and who links the compiled one links OpenSSL; the other parts are installed too, and
# each compiles where the library it needs is.
set(kingbolt_depends "")
set(kingbolt_recommends "")
if(TARGET kingbolt_native OR TARGET kingbolt_websocketpp OR TARGET kingbolt_circuit_breaker OR TARGET kingbolt_client)
    list(APPEND kingbolt_depends "libasio-dev (>= 1:1.22)")
endif()
if(TARGET kingbolt_websocketpp)
    list(APPEND kingbolt_depends "libssl-dev (>= 3.0)")
elseif(TARGET kingbolt_tls OR TARGET kingbolt_jwt)
    list(APPEND kingbolt_recommends "libssl-dev (>= 3.0)")
endif()
if(TARGET kingbolt_jwt OR TARGET kingbolt_json_protocol OR TARGET kingbolt_client)
    list(APPEND kingbolt_recommends rapidjson-dev)
endif()
if(TARGET kingbolt_compression)
    list(APPEND kingbolt_recommends zlib1g-dev)
endif()
if(TARGET kingbolt_metrics)
    list(APPEND kingbolt_recommends prometheus-cpp-dev)
endif()
list(JOIN kingbolt_depends ", " CPACK_DEBIAN_PACKAGE_DEPENDS)
list(JOIN kingbolt_recommends ", " CPACK_DEBIAN_PACKAGE_RECOMMENDS)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake (>= 3.24), pkgconf | pkg-config")

include(CPack)
