# Run by cpack after the installation into CPACK_TEMPORARY_INSTALL_DIRECTORY, which becomes the package:
# adds what only a Debian package holds.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(doc ${root}/usr/share/doc/asymptote-ingest)
set(source ${CPACK_INGEST_SOURCE})
set(version ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

file(COPY ${source}/etc/asymptote-ingest.conf DESTINATION ${root}/etc/asymptote-ingest)
file(MAKE_DIRECTORY ${root}/etc/asymptote-ingest/customers.d)
file(COPY ${source}/deploy/debian/copyright DESTINATION ${doc})
file(REMOVE ${doc}/LICENSE)

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH, if it is set
file(WRITE ${doc}/changelog.Debian
"asymptote-ingest (${version}) unstable; urgency=medium

  * Package of ${CPACK_PACKAGE_VERSION}; CHANGELOG.md of the source tells the changes.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
configure_file(${source}/CHANGELOG.md ${doc}/changelog COPYONLY)
execute_process(COMMAND gzip -9nf ${doc}/changelog.Debian ${doc}/changelog COMMAND_ERROR_IS_FATAL ANY)
