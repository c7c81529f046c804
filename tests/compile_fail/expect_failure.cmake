# cmake -DCOMPILER=… -DINCLUDE=… -DSOURCE=… -P expect_failure.cmake
# Fails unless the compiler refuses SOURCE with output that matches every regex of its `// expect:` lines.

file(STRINGS "${SOURCE}" expectations REGEX "^// expect: .+")
if(NOT expectations)
    message(FATAL_ERROR "${SOURCE}: has no line `// expect: <regex>`")
endif()

set(ENV{LC_ALL} C)  # plain quotes in the compiler's messages
execute_process(
    COMMAND "${COMPILER}" -std=c++20 -fsyntax-only -fdiagnostics-color=never "-I${INCLUDE}" "${SOURCE}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
if(result EQUAL 0)
    message(FATAL_ERROR "${SOURCE}: compiles, though it must not")
endif()

foreach(expectation IN LISTS expectations)
    string(REGEX REPLACE "^// expect: " "" regex "${expectation}")
    if(NOT output MATCHES "${regex}")
        message(FATAL_ERROR "${SOURCE}: is refused, but nothing said matches `${regex}`:\n${output}")
    endif()
endforeach()
