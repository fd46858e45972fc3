# cmake -P counters.cmake FROM TO    move counters beside the objects that are compiled with them
# cmake -P counters.cmake FROM       forget those of an earlier run, or they would add up
file(GLOB_RECURSE counters "${CMAKE_ARGV3}/*.gcda")
if(CMAKE_ARGC EQUAL 5)
    file(COPY ${counters} DESTINATION ${CMAKE_ARGV4})
endif()
if(counters)
    file(REMOVE ${counters})
endif()
