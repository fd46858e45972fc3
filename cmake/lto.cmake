# Link-time optimization of the shipped programs. The objects also contain ordinary code, so that the
# many test programs are linked without it.
set(INGEST_OPTIMISED OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(INGEST_OPTIMISED ON)
    add_compile_options(-flto=auto -ffat-lto-objects)
    add_link_options(-fno-lto)
endif()

function(link_optimised target)
    if(INGEST_OPTIMISED)
        target_link_options(${target} PRIVATE -flto=auto)
    endif()
endfunction()
