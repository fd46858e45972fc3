/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convert.h - convert a value to the type of its field (normalization.md §9). Results point into
 * the arena, the input or constants.
 */
#ifndef EVENT_MAP_CONVERT_H
#define EVENT_MAP_CONVERT_H

#include "codec/json.h"
#include "event/record/arena.h"

/*
 * A text as a whole number of 64 bits, divided by `per` (1, or 1000000 for nanoseconds to
 * milliseconds); fractions are rounded half up, exactly. False: no number, or too large.
 */
MUST_USE bool convert_whole(struct arena *a, struct span text, int64_t per, struct span *out);

/* The same for an integer. */
struct span convert_integer(struct arena *a, int64_t v, int64_t per);

/* A text that is a finite JSON number, as it is spelled. False: *out is unchanged. */
MUST_USE bool convert_number(struct span text, struct span *out);

/* true, false, yes, no, 1, 0 in any case. */
MUST_USE bool convert_bool(struct span text, struct span *out);

/* The strings of an array, joined by blanks. False: the result is blank. */
MUST_USE bool convert_command(struct arena *a, const struct doc *d, size_t at, struct span *out);

/* `digits` hex digits in lower case, from hex or base64. False: other digits, or all are 0. */
MUST_USE bool convert_hex(struct arena *a, struct span text, size_t digits, struct span *out);

#endif
