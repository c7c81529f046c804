# The harness must be able to fail: it accepts one of these files and refuses the others, each for its own reason.

function(expect file accepted said)
    execute_process(
        COMMAND "${CMAKE_COMMAND}" "-DCOMPILER=${COMPILER}" "-DINCLUDE=${INCLUDE}" "-DSOURCE=${CMAKE_CURRENT_LIST_DIR}/${file}"
                -P "${CMAKE_CURRENT_LIST_DIR}/../expect_failure.cmake"
        RESULT_VARIABLE result
        ERROR_VARIABLE output)
    if((result EQUAL 0 AND NOT accepted) OR (NOT result EQUAL 0 AND accepted))
        message(SEND_ERROR "${file}: the harness ended with ${result}:\n${output}")
    endif()
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(NOT output MATCHES "${said}")
        message(SEND_ERROR "${file}: the harness should have said `${said}`, but said:\n${output}")
    endif()
endfunction()

expect(refused_as_expected.cpp TRUE "^$")
expect(compiles.cpp FALSE "compiles, though it must not")
expect(refused_for_another_reason.cpp FALSE "is refused, but nothing said matches `the expected reason`")
expect(expects_nothing.cpp FALSE "has no line `// expect: <regex>`")
