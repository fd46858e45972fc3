/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_simd.h - simdjson's DOM and the C++ library's exact reader of doubles, as C functions.
 *
 * The only header that C++ sees, so it uses no type of ours. Only codec/json*.c includes it.
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

/* Never NULL (aborts when out of memory). Containers may be nested max_depth deep. */
struct json_simd *json_simd_new(size_t max_bytes, size_t max_depth);
void json_simd_free(struct json_simd *s);

/*
 * Read one value in place; padding as JSON_SLACK. True: *tape and *strings hold it until the
 * next call. False: simdjson does not take it, for whatever reason.
 */
bool json_simd_read(struct json_simd *s, const char *text, size_t n, const uint64_t **tape,
                    const uint8_t **strings);

/*
 * Where the tokens of the text last read begin, in their order: brackets, colons, commas, strings
 * at their opening quote, other values at their first byte. Valid until the next read.
 */
const uint32_t *json_simd_tokens(const struct json_simd *s, size_t *count);

/*
 * The double nearest to a text of JSON's number grammar, whatever the locale. False: it
 * overflows. One too small for a double is 0 with the text's sign.
 */
bool json_simd_double(const char *text, size_t n, double *out);

/* simdjson's version and the implementation it chose for this CPU. */
const char *json_simd_name(void);

#ifdef __cplusplus
}
#endif

#endif
