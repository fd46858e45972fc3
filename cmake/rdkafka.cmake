# The target rdkafka: the system's librdkafka, or -DRDKAFKA_SOURCE=FOLDER, a source tree that is built with librdkafka's
# own configure and linked statically. Kerberos is then left out, which would need Cyrus SASL.
set(RDKAFKA_SOURCE "" CACHE PATH "Source tree of librdkafka, to be built and linked; empty: the system's library")
add_library(rdkafka INTERFACE)
if(NOT RDKAFKA_SOURCE)
    pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka>=2.0)
    target_link_libraries(rdkafka INTERFACE PkgConfig::RDKAFKA)
    return()
endif()
if(NOT EXISTS ${RDKAFKA_SOURCE}/configure OR NOT EXISTS ${RDKAFKA_SOURCE}/src/rdkafka.h)
    message(FATAL_ERROR "RDKAFKA_SOURCE=${RDKAFKA_SOURCE}: no source tree of librdkafka (configure, src/rdkafka.h)")
endif()
include(ExternalProject)
set(place ${PROJECT_BINARY_DIR}/rdkafka)
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
ExternalProject_Add(rdkafka_build
    PREFIX ${place}
    DOWNLOAD_COMMAND ${CMAKE_COMMAND} -E copy_directory ${RDKAFKA_SOURCE} <SOURCE_DIR>
    CONFIGURE_COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER} CXX=${CMAKE_CXX_COMPILER} CFLAGS=-fPIC
                      <SOURCE_DIR>/configure --disable-gssapi
    BUILD_COMMAND make -j${cores} -C src librdkafka.a
    INSTALL_COMMAND ${CMAKE_COMMAND} -E copy src/rdkafka.h src/rdkafka_mock.h ${place}/include/librdkafka
            COMMAND ${CMAKE_COMMAND} -E copy src/librdkafka.a ${place}/lib
    BUILD_IN_SOURCE ON
    BUILD_BYPRODUCTS ${place}/lib/librdkafka.a
    LOG_CONFIGURE ON LOG_BUILD ON LOG_INSTALL ON LOG_OUTPUT_ON_FAILURE ON)
file(MAKE_DIRECTORY ${place}/include/librdkafka ${place}/lib)
target_include_directories(rdkafka SYSTEM INTERFACE ${place}/include)
pkg_check_modules(RDKAFKA_NEEDS REQUIRED IMPORTED_TARGET libcurl libcrypto libssl zlib libzstd liblz4)
target_link_libraries(rdkafka INTERFACE ${place}/lib/librdkafka.a PkgConfig::RDKAFKA_NEEDS Threads::Threads m dl)
add_dependencies(rdkafka rdkafka_build)
