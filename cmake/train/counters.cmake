# cmake -P counters.cmake FROM TO    move counters to the objects that are compiled with them
# cmake -P counters.cmake FROM       delete those of an earlier run, which would otherwise be added
file(GLOB_RECURSE counters "${CMAKE_ARGV3}/*.gcda")
if(CMAKE_ARGC EQUAL 5)
    foreach(counter ${counters}) # subfolders of a room are kept
        file(RELATIVE_PATH place ${CMAKE_ARGV3} ${counter})
        get_filename_component(folder ${CMAKE_ARGV4}/${place} DIRECTORY)
        file(COPY ${counter} DESTINATION ${folder})
    endforeach()
endif()
if(counters)
    file(REMOVE ${counters})
endif()
