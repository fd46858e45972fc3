/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of common lengths takes 4 bytes for each pair of lines, 16 MB at most. Files of a
 * customer have some hundred lines.
 */
#include "onboard/difference.h"

#include "base/alloc.h"
#include "base/visible.h"

#include <stdlib.h>

struct text {
    struct span lines[DIFFERENCE_LINES];
    size_t count;
};

static struct text *split(struct span s)
{
    struct text *t = mem_alloc(sizeof(*t));
    t->count = 0;
    while (s.n > 0) {
        const char *end = t->count + 1 < DIFFERENCE_LINES ? memchr(s.p, '\n', s.n) : NULL;
        t->lines[t->count++] = span_take(&s, end != NULL ? (size_t)(end - s.p) : s.n);
        s = span_from(s, s.n > 0 ? 1 : 0);
    }
    return t;
}

static void add_line(struct buf *out, char mark, struct span line)
{
    buf_addf(out, "%c ", mark);
    visible_add(out, line);
    buf_add_byte(out, '\n');
}

/* common[i][j]: length of the longest common subsequence of a's lines from i and b's from j. */
static unsigned *common_lengths(const struct text *a, const struct text *b)
{
    size_t width = b->count + 1;
    unsigned *common = mem_zeros((a->count + 1) * width, sizeof(*common));
    for (size_t i = a->count; i-- > 0;) {
        for (size_t j = b->count; j-- > 0;) {
            unsigned down = common[(i + 1) * width + j];
            unsigned right = common[i * width + j + 1];
            common[i * width + j] = span_eq(a->lines[i], b->lines[j])
                                        ? common[(i + 1) * width + j + 1] + 1
                                        : (down > right ? down : right);
        }
    }
    return common;
}

void difference_add(struct buf *out, struct span before, struct span after)
{
    struct text *a = split(before);
    struct text *b = split(after);
    unsigned *common = common_lengths(a, b);
    size_t width = b->count + 1;
    size_t i = 0;
    size_t j = 0;
    while (i < a->count || j < b->count) {
        bool both = i < a->count && j < b->count;
        if (both && span_eq(a->lines[i], b->lines[j])) {
            i++;
            j++;
        } else if (j == b->count ||
                   (i < a->count && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            add_line(out, '-', a->lines[i++]);
        } else {
            add_line(out, '+', b->lines[j++]);
        }
    }
    free(common);
    free(a);
    free(b);
}
