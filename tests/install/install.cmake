# Installs the build into an empty prefix, then moves the prefix: a package that names its old place is found out.

file(REMOVE_RECURSE "${WORK}/staged" "${WORK}/prefix")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --config "${CONFIG}" --prefix "${WORK}/staged"
    COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
file(RENAME "${WORK}/staged" "${WORK}/prefix")
