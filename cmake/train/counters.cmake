# cmake -P counters.cmake FROM TO    move counters beside the objects that are compiled with them
# cmake -P counters.cmake FROM       forget those of an earlier run, or they would add up
file(GLOB_RECURSE counters "${CMAKE_ARGV3}/*.gcda")
if(CMAKE_ARGC EQUAL 5)
    foreach(counter ${counters}) # folders below a room's are kept
        file(RELATIVE_PATH place ${CMAKE_ARGV3} ${counter})
        get_filename_component(folder ${CMAKE_ARGV4}/${place} DIRECTORY)
        file(COPY ${counter} DESTINATION ${folder})
    endforeach()
endif()
if(counters)
    file(REMOVE ${counters})
endif()
