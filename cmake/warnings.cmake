# Warnings of every target. Both gcc and clang must have none.
add_compile_definitions(_GNU_SOURCE)
add_compile_definitions(INGEST_VERSION="${PROJECT_VERSION}")

set(common -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wundef
           -Wvla -Wcast-qual -Wwrite-strings -Wswitch-enum -fno-common)
add_compile_options(${common} "$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes>")
if(INGEST_WERROR)
    add_compile_options(-Werror)
endif()

# Hardening of the shipped program, which tests/hardened.sh checks. Assertions are kept.
# Ubuntu's gcc defines _FORTIFY_SOURCE itself.
add_compile_options("$<$<CONFIG:Release>:-UNDEBUG;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2;-fstack-protector-strong>")
# No path of the machine that builds it is in the program (assertions name files).
add_compile_options("$<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=>")
add_link_options("$<$<CONFIG:Release>:-Wl,-z,relro;-Wl,-z,now;-pie>")

if(INGEST_SANITIZE)
    add_compile_options(-fsanitize=${INGEST_SANITIZE} -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${INGEST_SANITIZE})
endif()
if(INGEST_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
