# Makes the Debian package of the header-only parts, reads it as dpkg does, unpacks it and compiles a consumer against what it holds.

set(package_build "${WORK}/deb-build")
set(root "${WORK}/deb-root")
file(REMOVE_RECURSE "${package_build}" "${root}")
execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${package_build}" -G "${GENERATOR}" -DCMAKE_INSTALL_PREFIX=/usr "-DCMAKE_CXX_COMPILER=${COMPILER}"
            -DKINGBOLT_WEBSOCKETPP=OFF -DKINGBOLT_BUILD_TESTS=OFF -DKINGBOLT_BUILD_EXAMPLES=OFF -DKINGBOLT_BUILD_BENCHMARKS=OFF
    COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
execute_process(COMMAND "${CPACK}" -G DEB WORKING_DIRECTORY "${package_build}" COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)

file(GLOB package "${package_build}/*.deb")
if(NOT package MATCHES "/libkingbolt-dev_${VERSION}-1_[a-z0-9]+\\.deb$")
    message(FATAL_ERROR "expected one libkingbolt-dev_${VERSION}-1_<architecture>.deb, found: ${package}")
endif()

function(expect what text)
    foreach(pattern IN LISTS ARGN)
        if(NOT text MATCHES "${pattern}")
            message(FATAL_ERROR "${what} lacks ${pattern}:\n${text}")
        endif()
    endforeach()
endfunction()

execute_process(COMMAND dpkg-deb --field "${package}" OUTPUT_VARIABLE control COMMAND_ERROR_IS_FATAL ANY)
expect(control "\n${control}"
    "\nPackage: libkingbolt-dev\n" "\nVersion: ${VERSION}-1\n" "\nSource: kingbolt\n" "\nSection: libdevel\n" "\nMaintainer: [^\n]+ <[^\n]+@[^\n]+>\n"
    "\nDepends: libasio-dev [^\n]*\n" "\nRecommends: libssl-dev [^\n]*, rapidjson-dev, zlib1g-dev, prometheus-cpp-dev\n" "\nSuggests: cmake " "\nDescription: [^\n]+\n [^\n]+")

execute_process(COMMAND dpkg-deb --contents "${package}" OUTPUT_VARIABLE contents COMMAND_ERROR_IS_FATAL ANY)
expect(contents "${contents}"
    "\\./usr/include/kingbolt/hub\\.hpp\n" "\\./usr/include/kingbolt/transport/native\\.hpp\n"
    "\\./usr/lib/[^\n]*/cmake/kingbolt/kingboltConfig\\.cmake\n" "\\./usr/lib/[^\n]*/pkgconfig/kingbolt\\.pc\n"
    "\\./usr/share/doc/libkingbolt-dev/copyright\n" "\\./usr/share/doc/libkingbolt-dev/changelog\\.gz\n"
    "\\./usr/share/doc/libkingbolt-dev/changelog\\.Debian\\.gz\n")
if(contents MATCHES "usr/local|LICENSE" OR NOT contents MATCHES "root/root")
    message(FATAL_ERROR "these are no files of a Debian package:\n${contents}")
endif()

execute_process(COMMAND dpkg-deb --extract "${package}" "${root}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND dpkg-parsechangelog -l "${SOURCE}/packaging/debian/changelog" -S Version OUTPUT_VARIABLE entry OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
if(NOT entry STREQUAL "${VERSION}-1")
    message(FATAL_ERROR "packaging/debian/changelog ends with ${entry}, the package is ${VERSION}-1")
endif()

# As header_only does it; the compiler's own /usr/include has no kingbolt.
file(REMOVE_RECURSE "${WORK}/${NAME}")
execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/header_only" -B "${WORK}/${NAME}" -G "${GENERATOR}" -DCMAKE_BUILD_TYPE=Debug
            "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
            "-DCMAKE_PREFIX_PATH=${root}/usr"
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/${NAME}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK}/${NAME}/bin/consumer" TIMEOUT 30 COMMAND_ERROR_IS_FATAL ANY)
