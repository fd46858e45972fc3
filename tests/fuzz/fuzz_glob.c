/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns: the first line is the pattern, the rest the text. The result is compared with a matcher
 * that tries every possibility, for patterns that glob_refuse accepts and that are short enough for
 * it.
 */
#include "codec/glob.h"
#include "codec/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SHORT_PATTERN = 12, SHORT_TEXT = 24 };

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static size_t character(struct span s)
{
    bool good = false;
    return utf8_step(s, &good);
}

/*
 * Whether c (-1 if it is not ASCII) is in the set with which p begins; *bytes: length of the set.
 */
static bool in_set(struct span p, int c, size_t *bytes)
{
    size_t i = 1;
    bool negated = p.p[i] == '!' || p.p[i] == '^';
    bool found = false;
    i += negated;
    for (size_t first = i; i == first || p.p[i] != ']'; i++) {
        int low = (unsigned char)p.p[i];
        int high = low;
        if (p.p[i + 1] == '-' && p.p[i + 2] != ']') {
            high = (unsigned char)p.p[i + 2];
            i += 2;
        }
        found = found || (c >= low && c <= high);
    }
    *bytes = i + 1;
    return found != negated;
}

/* Results for the rests of pattern and text of these lengths: 0 unknown, 1 true, 2 false. */
static unsigned char known[SHORT_PATTERN + 1][SHORT_TEXT + 1];

static bool matches(struct span p, struct span t);

static bool compare(struct span p, struct span t)
{
    if (p.n == 0) {
        return t.n == 0;
    }
    if (p.p[0] == '*') {
        return matches(span_from(p, 1), t) || (t.n > 0 && matches(p, span_from(t, character(t))));
    }
    if (t.n == 0) {
        return false;
    }
    if (p.p[0] == '?') {
        return matches(span_from(p, 1), span_from(t, character(t)));
    }
    if (p.p[0] == '[') {
        size_t bytes = 0;
        return in_set(p, (unsigned char)t.p[0] < 0x80 ? t.p[0] : -1, &bytes) &&
               matches(span_from(p, bytes), span_from(t, character(t)));
    }
    size_t escaped = p.p[0] == '\\';
    return p.p[escaped] == t.p[0] && matches(span_from(p, escaped + 1), span_from(t, 1));
}

/* Without the results it would need exponential time for a pattern such as "*[a]*[a]*[a]...". */
static bool matches(struct span p, struct span t)
{
    unsigned char *result = &known[p.n][t.n];
    if (*result == 0) {
        *result = compare(p, t) ? 1 : 2;
    }
    return *result == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    size_t n = end != NULL ? (size_t)(end - data) : 0;
    if (end == NULL || n > 4 * (size_t)GLOB_BYTES) {
        return 0;
    }
    char pattern[4 * GLOB_BYTES + 1];
    memcpy(pattern, data, n);
    pattern[n] = '\0';
    struct span p = span_str(pattern);
    struct span text = span_of((const char *)data + n + 1, size - n - 1);
    bool got = glob_matches(p, text);
    if (glob_refuse(pattern) == NULL && utf8_valid(text) && p.n <= SHORT_PATTERN &&
        text.n <= SHORT_TEXT) {
        memset(known, 0, sizeof(known));
        CHECK(got == matches(p, text));
    }
    return 0;
}
