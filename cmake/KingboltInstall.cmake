# Headers, the compiled transport, pkg-config files, and a relocatable CMake package: find_package(kingbolt CONFIG [COMPONENTS native websocketpp circuit_breaker compression jwt tls json_protocol client metrics]).

include(CMakePackageConfigHelpers)
include(KingboltPkgConfig)

set(kingbolt_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/kingbolt")

install(TARGETS kingbolt EXPORT kingbolt-targets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT kingbolt-targets NAMESPACE kingbolt:: DESTINATION "${kingbolt_package_dir}")
kingbolt_install_pkg_config(kingbolt)

foreach(component IN ITEMS native websocketpp circuit_breaker compression jwt tls json_protocol client metrics)
    if(TARGET kingbolt_${component})
        install(TARGETS kingbolt_${component} EXPORT kingbolt-${component}-targets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
        install(EXPORT kingbolt-${component}-targets NAMESPACE kingbolt:: DESTINATION "${kingbolt_package_dir}")
        kingbolt_install_pkg_config(kingbolt_${component})
    endif()
endforeach()

if(TARGET kingbolt_jwt)
    install(FILES include/kingbolt/security/jwt_cpp.hpp DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/kingbolt/security")
endif()

if(TARGET kingbolt_client)
    install(FILES include/kingbolt/client/tls.hpp DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/kingbolt/client")
endif()

configure_package_config_file(cmake/kingboltConfig.cmake.in "${PROJECT_BINARY_DIR}/kingboltConfig.cmake"
    INSTALL_DESTINATION "${kingbolt_package_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/kingboltConfigVersion.cmake" COMPATIBILITY SameMinorVersion)

install(FILES "${PROJECT_BINARY_DIR}/kingboltConfig.cmake" "${PROJECT_BINARY_DIR}/kingboltConfigVersion.cmake"
    DESTINATION "${kingbolt_package_dir}")
install(FILES cmake/FindAsio.cmake cmake/FindRapidJSON.cmake DESTINATION "${kingbolt_package_dir}/modules")
# A component of its own: Debian's package says the same in its copyright file.
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT licence)
