/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - reads and writes sizes and times with units, and finds similar names.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "base/buf.h"

/*
 * Convert "64MiB", "10 kB" or "512B" to bytes. Units: B, KiB, MiB, GiB, TiB and the decimal kB, MB,
 * GB, TB. False: not of this form, or too large.
 */
MUST_USE bool conf_size_read(const char *text, int64_t *bytes);

/* Convert "250ms", "120s", "15m", "12h" or "14d" to milliseconds. */
MUST_USE bool conf_time_read(const char *text, int64_t *ms);

/* Append the shortest exact form: "64MiB", "2m". */
void conf_size_write(struct buf *out, int64_t bytes);
void conf_time_write(struct buf *out, int64_t ms);

/*
 * The name (of a NULL-terminated list) that `wrong` is most similar to. NULL: more than a third of
 * the letters of each differ.
 */
const char *conf_nearest(const char *wrong, const char *const *names);

#endif
