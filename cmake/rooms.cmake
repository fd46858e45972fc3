# room(NAME USES rooms LIBS libraries): every src/NAME/*.c (and .cpp) as one static library.
# A new file is found by itself; which rooms may include which is checked by tests/layers.
function(room name)
    cmake_parse_arguments(R "" "" "USES;LIBS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c
                                        ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
    add_library(room_${name} STATIC ${sources} ${PROJECT_SOURCE_DIR}/cmake/empty.c)
    target_include_directories(room_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
    foreach(used ${R_USES})
        target_link_libraries(room_${name} PUBLIC room_${used})
    endforeach()
    target_link_libraries(room_${name} PUBLIC ${R_LIBS})
endfunction()
