# An overlay port: it builds the tree that it lies in. A port for a registry takes a release instead (docs/packaging.md).
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        native          KINGBOLT_NATIVE
        websocketpp     KINGBOLT_WEBSOCKETPP
        tls             KINGBOLT_TLS
        deflate         KINGBOLT_COMPRESSION
        jwt             KINGBOLT_JWT
        json-protocol   KINGBOLT_JSON_PROTOCOL
        client          KINGBOLT_CLIENT
        metrics         KINGBOLT_METRICS
        circuit-breaker KINGBOLT_CIRCUIT_BREAKER)

if(NOT "websocketpp" IN_LIST FEATURES)
    # Headers need no debug build.
    set(VCPKG_BUILD_TYPE release)
endif()

vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${FEATURE_OPTIONS}
        -DKINGBOLT_BUILD_TESTS=OFF
        -DKINGBOLT_BUILD_EXAMPLES=OFF
        -DKINGBOLT_BUILD_BENCHMARKS=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/kingbolt)
if(NOT "websocketpp" IN_LIST FEATURES)
    # Without a library only pkg-config files are left in lib, and vcpkg wants a port of headers to have none.
    file(RENAME "${CURRENT_PACKAGES_DIR}/lib/pkgconfig" "${CURRENT_PACKAGES_DIR}/share/pkgconfig")
    file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib")
endif()
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share" "${CURRENT_PACKAGES_DIR}/share/doc")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
