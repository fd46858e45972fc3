#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No global symbol of the program has the name of one of a library that may be linked statically: the linker would
# take one definition for both, or refuse.
#
#   tests/symbols.sh PROGRAM
#
# The program must not be stripped. The libraries are the archives that are installed for the build.
set -u
program=${1:?symbols.sh needs a program}
LC_ALL=C
export LC_ALL
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

strong() { nm -g --defined-only "$1" 2>/dev/null | awk '$2 ~ /^[TDBRC]$/ { print $3 }' | sort -u; }

strong "$program" >"$work/program"
[ "$(wc -l <"$work/program")" -gt 1 ] || { echo "$program has no symbols"; exit 1; }
folder=$(pkg-config --variable=libdir rdkafka) || exit 1
[ -e "$folder/librdkafka.a" ] || { echo "$folder has no librdkafka.a to compare with"; exit 1; }
failed=0
for library in rdkafka curl json-c microhttpd config expat isal zstd lz4 snappy xxhash crypto ssl; do
    archive=$folder/lib$library.a
    [ -e "$archive" ] || continue
    strong "$archive" | comm -12 - "$work/program" >"$work/both"
    if [ -s "$work/both" ]; then
        echo "the program has symbols of $archive:" $(cat "$work/both")
        failed=1
    fi
done
exit $failed
