/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convert.h - a value that is not of its field's type becomes one, where that is possible
 * (normalization.md §9). All results point into the arena, the input or constants.
 */
#ifndef EVENT_MAP_CONVERT_H
#define EVENT_MAP_CONVERT_H

#include "codec/json.h"
#include "event/record/arena.h"

/*
 * A text as a whole number of 64 bits, divided by `per` (1, or 1000000 for nanoseconds to
 * milliseconds); fractions are rounded half up. False: no number, or too large.
 */
MUST_USE bool convert_whole(struct arena *a, struct span text, int64_t per, struct span *out);

/* The same of an integer but the smallest. */
struct span convert_integer(struct arena *a, int64_t v, int64_t per);

/* A text that is a JSON number of finite size, as it is written. False: *out is as it was. */
MUST_USE bool convert_number(struct span text, struct span *out);

/* true, false, yes, no, 1, 0 in any case. */
MUST_USE bool convert_bool(struct span text, struct span *out);

/* The strings of an array joined with blanks. False: none that is not blank. */
MUST_USE bool convert_command(struct arena *a, const struct doc *d, size_t at, struct span *out);

/* `digits` of hex in lower case, from hex or from base64 of as many bytes. Not all zero. */
MUST_USE bool convert_hex(struct arena *a, struct span text, size_t digits, struct span *out);

#endif
