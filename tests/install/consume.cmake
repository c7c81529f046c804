# Configures, builds and runs the project in the folder NAME. A debug build, because it compiles fastest.

file(REMOVE_RECURSE "${WORK}/${NAME}")
execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${NAME}" -B "${WORK}/${NAME}" -G "${GENERATOR}"
            -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
            "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix" "-DKINGBOLT_SOURCE=${SOURCE}"
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/${NAME}" --config Debug --parallel 2 COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK}/${NAME}/bin/consumer" TIMEOUT 30 COMMAND_ERROR_IS_FATAL ANY)
