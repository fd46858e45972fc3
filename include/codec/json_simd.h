/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_simd.h - simdjson's DOM parser, and the C++ library's exact conversion of doubles, as C
 * functions. The only header that C++ includes, so it uses no type of the project. Only
 * codec/json*.c include it.
 */
#ifndef CODEC_JSON_SIMD_H
#define CODEC_JSON_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_simd; /* opaque: parser and document */

/* Never NULL (out of memory aborts). Containers may be nested max_depth deep. */
struct json_simd *json_simd_new(size_t max_bytes, size_t max_depth);
void json_simd_free(struct json_simd *s);

/*
 * Read one value in place. JSON_SLACK bytes after the text must be readable. True: *tape and
 * *strings are the value, valid until the next call. False: simdjson refuses the text, for any
 * reason.
 */
bool json_simd_read(struct json_simd *s, const char *text, size_t n, const uint64_t **tape,
                    const uint8_t **strings);

/*
 * Offsets of the tokens of the text last read, in order: brackets, colons, commas, strings at their
 * opening quote, other values at their first byte. Valid until the next json_simd_read.
 */
const uint32_t *json_simd_tokens(const struct json_simd *s, size_t *count);

/*
 * The double nearest to a number of JSON's grammar, independent of the locale. False: it overflows.
 * A number too small for a double becomes 0 with its sign.
 */
bool json_simd_double(const char *text, size_t n, double *out);

/* simdjson's version and its implementation for this CPU. */
const char *json_simd_name(void);

#ifdef __cplusplus
}
#endif

#endif
