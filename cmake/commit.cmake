# The commit that is built, for the log line `starting`, build_info and `--version`: the option INGEST_COMMIT,
# the file COMMIT of an archive made by `git archive`, or git; else "unknown". The same source gives the same
# program wherever it is built. It is read when the build is configured, and by a release at each commit.
set(INGEST_COMMIT "" CACHE STRING "Commit that is built; empty: found by cmake/commit.cmake")

function(find_commit out)
    set(${out} "${INGEST_COMMIT}" PARENT_SCOPE)
    if(INGEST_COMMIT)
        return()
    endif()
    set(found unknown)
    file(STRINGS ${PROJECT_SOURCE_DIR}/COMMIT text LIMIT_COUNT 1)
    if(text MATCHES "^[0-9a-f]+$")
        set(found ${text})
    elseif(EXISTS ${PROJECT_SOURCE_DIR}/.git)
        find_program(GIT git)
        execute_process(COMMAND ${GIT} rev-parse --verify HEAD WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                        OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status ERROR_QUIET)
        execute_process(COMMAND ${GIT} rev-parse --git-path logs/HEAD WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                        OUTPUT_VARIABLE log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
        if(status EQUAL 0)
            set(found ${head})
        endif()
        cmake_path(ABSOLUTE_PATH log BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
        if(CMAKE_BUILD_TYPE STREQUAL "Release" AND EXISTS ${log})
            set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${log})
        endif()
    endif()
    set(${out} ${found} PARENT_SCOPE)
endfunction()

find_commit(commit)
set_source_files_properties(src/base/commit.c PROPERTIES COMPILE_DEFINITIONS INGEST_COMMIT="${commit}")
