#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A release is hardened: position-independent, all relocations read-only from the start, stack
# protector and buffer checks compiled in, no executable stack.
set -u
program=${1:?hardened.sh needs a program}
failed=0

# has WHAT PATTERN TEXT
has() {
    printf '%s\n' "$3" | grep -qE "$2" || { echo "$program: not $1"; failed=1; }
}

dynamic=$(LC_ALL=C readelf -W -d "$program") || exit 1
segments=$(LC_ALL=C readelf -W -l "$program") || exit 1
symbols=$(LC_ALL=C readelf -W --dyn-syms "$program") || exit 1
has "position-independent (-pie)" 'FLAGS_1.*\bPIE\b' "$dynamic"
has "bound at start (-z now)" 'FLAGS_1.*\bNOW\b' "$dynamic"
has "read-only after relocation (-z relro)" 'GNU_RELRO' "$segments"
has "without an executable stack" 'GNU_STACK +[0-9a-fx]+ [0-9a-fx]+ [0-9a-fx]+ [0-9a-fx]+ [0-9a-fx]+ RW ' "$segments"
has "with checks of the stack (-fstack-protector-strong)" '__stack_chk_fail' "$symbols"
has "with checks of buffers (_FORTIFY_SOURCE)" '__[a-z]+_chk@' "$symbols"
exit $failed
