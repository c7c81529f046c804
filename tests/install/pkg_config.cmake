# Compiles and runs tests/install/COMPONENT/main.cpp with nothing but the compiler and pkg-config, against the prefix that was moved.

file(REMOVE_RECURSE "${WORK}/${NAME}")
file(MAKE_DIRECTORY "${WORK}/${NAME}")
file(GLOB_RECURSE files "${WORK}/prefix/*.pc")
if(NOT files)
    message(FATAL_ERROR "no pkg-config file in ${WORK}/prefix")
endif()
list(GET files 0 file)
cmake_path(GET file PARENT_PATH folder)
# Before what the machine has, which Requires of other libraries need.
set(ENV{PKG_CONFIG_PATH} "${folder}")

set(package kingbolt)
if(NOT COMPONENT STREQUAL "header_only")
    string(REPLACE "_" "-" package "kingbolt-${COMPONENT}")
endif()
foreach(question IN ITEMS "--modversion" "--cflags --libs")
    separate_arguments(words UNIX_COMMAND "${question}")
    execute_process(COMMAND "${PKG_CONFIG}" --print-errors ${words} "${package}" OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE
        COMMAND_ERROR_IS_FATAL ANY)
    if(question STREQUAL "--modversion")
        set(version "${answer}")
    endif()
endforeach()
message(STATUS "${package} ${version}: ${answer}")
separate_arguments(answer UNIX_COMMAND "${answer}")
separate_arguments(flags UNIX_COMMAND "${FLAGS}")

set(consumer "${WORK}/${NAME}/consumer")
execute_process(
    COMMAND ${LAUNCHER} "${COMPILER}" -std=c++20 ${flags} "-DPACKAGE_VERSION=\"${version}\"" -c "${CMAKE_CURRENT_LIST_DIR}/${COMPONENT}/main.cpp"
            -o "${consumer}.o" ${answer}
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${COMPILER}" ${flags} "${consumer}.o" -o "${consumer}" ${answer} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${consumer}" TIMEOUT 30 COMMAND_ERROR_IS_FATAL ANY)
