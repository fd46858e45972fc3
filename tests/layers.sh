#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No file includes a header of a room below its own (ARCHITECTURE.md, rooms).
# tests/layers.txt: the rooms, top first.
set -eu
rank() { grep -nx "$1" tests/layers.txt | cut -d: -f1; }
bad=0
for file in $(find src include -name '*.[ch]' -o -name '*.cpp' | grep -v '^src/main.c$'); do
    room=$(echo "$file" | cut -d/ -f2)
    mine=$(rank "$room")
    [ -n "$mine" ] || { echo "$file: '$room' is no room of tests/layers.txt"; bad=1; continue; }
    for dep in $(sed -n 's/^#include "\(.*\)\/.*"/\1/p' "$file" | sort -u); do
        its=$(rank "$dep")
        [ "${its:-99}" -le "$mine" ] || { echo "$file: $room must not include $dep"; bad=1; }
    done
    if sed -n 's/^#include "\(.*\)"/\1/p' "$file" | grep -qv /; then
        echo "$file: an include names its room: \"room/module.h\""; bad=1
    fi
done
exit $bad
