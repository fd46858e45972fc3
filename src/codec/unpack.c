/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "unpack_priv.h"

const char *unpack_size_text(char *to, uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned u = 0;
    while (u + 1 < sizeof(units) / sizeof(units[0]) && bytes >> (10 * (u + 1)) != 0) {
        u++;
    }
    uint64_t unit = UINT64_C(1) << (10 * u);
    if (bytes % unit == 0) {
        (void)snprintf(to, UNPACK_SIZE_TEXT, "%llu %s", (unsigned long long)(bytes / unit),
                       units[u]);
    } else {
        (void)snprintf(to, UNPACK_SIZE_TEXT, "%.1f %s", (double)bytes / (double)unit, units[u]);
    }
    return to;
}

bool unpack_window_take(struct unpack_windows *w, uint64_t bytes, const char *what, struct err *e)
{
    if (bytes > w->room) {
        char wanted[UNPACK_SIZE_TEXT];
        char room[UNPACK_SIZE_TEXT];
        (void)err_set(e, FAIL_FORMAT,
                      "%s of %s beside that of the other layer of compression, "
                      "limits.zstd_window leaves %s",
                      what, unpack_size_text(wanted, bytes), unpack_size_text(room, w->room));
        return false;
    }
    w->used = bytes > w->used ? bytes : w->used;
    return true;
}
