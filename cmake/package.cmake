# Debian packages: scripts/package builds one, and scripts/check-package tests it.
#
# Built twice from one commit at the same path, a package has the same bytes: SOURCE_DATE_EPOCH is the time
# of the commit (scripts/package sets it), gcc's random seeds are names (rooms.cmake), and the profile is
# counted at fixed addresses (train/). With another path the profile's checksums differ.
find_program(GZIP gzip)

# What is compressed in a package: manual pages and changelogs, without name and time.
set(man ${CMAKE_BINARY_DIR}/man)
add_custom_command(OUTPUT ${man}/made
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${man}
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/manuals ${man} ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:asymptote-ingest>
    COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/docs/asymptote-ingest.1 ${man}/asymptote-ingest.1
    COMMAND sh -c "${GZIP} -9nf ${man}/*.[15]"
    COMMAND ${CMAKE_COMMAND} -E touch ${man}/made
    DEPENDS asymptote-ingest ${PROJECT_SOURCE_DIR}/scripts/manuals ${PROJECT_SOURCE_DIR}/docs/asymptote-ingest.1
    COMMENT "Writing the manual pages"
    VERBATIM)
add_custom_target(manuals ALL DEPENDS ${man}/made)

install(DIRECTORY ${man}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1.gz")
install(DIRECTORY ${man}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 FILES_MATCHING PATTERN "*.5.gz")
install(FILES etc/completion/asymptote-ingest.bash RENAME asymptote-ingest
        DESTINATION share/bash-completion/completions)
install(FILES etc/completion/_asymptote-ingest DESTINATION share/zsh/vendor-completions)

# The revision tells the release of Debian, since the packages of two releases differ in their libraries.
file(STRINGS /etc/os-release release REGEX "^(ID|VERSION_ID)=")
string(REGEX REPLACE ".*VERSION_ID=\"?([0-9.]+).*" "\\1" number "${release}")
string(REGEX REPLACE "(.*;|^)ID=\"?([a-z]+).*" "\\2" id "${release}")
string(REPLACE "debian" "deb" id "${id}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME asymptote-ingest)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "asymptote-ingest maintainers <maintainers@asymptote-ingest.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "worker that brings event files from S3 into Kafka")
set(CPACK_PACKAGE_DESCRIPTION
"Receives notifications of new objects in customers' buckets from SQS,
reads each object with the role of its customer, turns its records into
events of one schema, and produces them to Kafka. A notification is
deleted only when Kafka has acknowledged everything in its objects.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~${id}${number}")
if(CMAKE_CROSSCOMPILING)
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
endif()
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, init-system-helpers (>= 1.54~), procps")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(scripts ${PROJECT_SOURCE_DIR}/deploy/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${scripts}/postinst ${scripts}/prerm ${scripts}/postrm ${scripts}/conffiles)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_files.cmake)
set(CPACK_INGEST_SOURCE ${PROJECT_SOURCE_DIR})
set(CPACK_SOURCE_GENERATOR TXZ)
include(CPack)
