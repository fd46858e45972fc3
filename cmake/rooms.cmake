# room(NAME USES rooms LIBS libraries): every .c and .cpp file below src/NAME as one static library.
# New files are found automatically. INGEST_ROOMS lists the rooms. tests/layers.sh checks includes between rooms.
function(room name)
    cmake_parse_arguments(R "" "" "USES;LIBS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c
                                                ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
    add_library(room_${name} STATIC ${sources} ${PROJECT_SOURCE_DIR}/cmake/empty.c)
    if(INGEST_OPTIMISED) # what gcc makes up for names and profiles, so that a second build has the same bytes
        foreach(source ${sources})
            file(RELATIVE_PATH seed ${PROJECT_SOURCE_DIR} ${source})
            set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS -frandom-seed=${seed})
        endforeach()
    endif()
    target_include_directories(room_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
    foreach(used ${R_USES})
        target_link_libraries(room_${name} PUBLIC room_${used})
    endforeach()
    target_link_libraries(room_${name} PUBLIC ${R_LIBS})
    set(INGEST_ROOMS ${INGEST_ROOMS} ${name} PARENT_SCOPE)
endfunction()
