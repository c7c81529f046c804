# Parts of kingbolt that are headers, and have a dependency of their own.

# kingbolt_component(<name> HEADERS pattern… LINKS target… [EXCLUDE regex] [COROUTINES])
#
# The target kingbolt::<name>, installed as the package's component of that name; kingboltConfig.cmake.in has to find what it links.
# HEADERS are globs below include/kingbolt, EXCLUDE takes some of what they match away. COROUTINES: it uses those of Asio.
function(kingbolt_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "COROUTINES" "EXCLUDE" "HEADERS;LINKS")
    list(TRANSFORM arg_HEADERS PREPEND "include/kingbolt/")
    file(GLOB headers CONFIGURE_DEPENDS ${arg_HEADERS})
    if(arg_EXCLUDE)
        list(FILTER headers EXCLUDE REGEX "${arg_EXCLUDE}")
    endif()
    add_library(kingbolt_${name} INTERFACE)
    add_library(kingbolt::${name} ALIAS kingbolt_${name})
    target_sources(kingbolt_${name} INTERFACE FILE_SET HEADERS BASE_DIRS include FILES ${headers})
    target_link_libraries(kingbolt_${name} INTERFACE kingbolt::kingbolt ${arg_LINKS})
    if(arg_COROUTINES)
        # Asio 1.22 looks for clang's coroutines in libc++ only.
        target_compile_definitions(kingbolt_${name} INTERFACE "$<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT;ASIO_HAS_STD_COROUTINE>")
    endif()
    set_target_properties(kingbolt_${name} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
endfunction()
