/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - what a person writes: sizes and times with units, names with typing errors.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "base/buf.h"

/*
 * "64MiB", "10 kB", "512B" to bytes; units B, KiB, MiB, GiB, TiB and the decimal kB, MB, GB,
 * TB. False if it is no such thing or does not fit.
 */
MUST_USE bool conf_size_read(const char *text, int64_t *bytes);

/* "250ms", "120s", "15m", "12h", "14d" to milliseconds. */
MUST_USE bool conf_time_read(const char *text, int64_t *ms);

/* The shortest exact way to write it: "64MiB", "2m". */
void conf_size_write(struct buf *out, int64_t bytes);
void conf_time_write(struct buf *out, int64_t ms);

/*
 * Which of the names (NULL-terminated) `wrong` was probably meant to be: at most a third of
 * its letters off. NULL if none is near.
 */
const char *conf_nearest(const char *wrong, const char *const *names);

#endif
