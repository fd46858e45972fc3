/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/exposition_read.h"

#include "base/ascii.h"

enum { DIGITS_MAX = 15 };

static struct span line_take(struct span *page)
{
    const char *end = memchr(page->p, '\n', page->n);
    struct span line = span_of(page->p, end != NULL ? (size_t)(end - page->p) : page->n);
    *page = span_from(*page, line.n + (end != NULL ? 1 : 0));
    return line;
}

/* Take the text before `end`, and `end` too. False: it is not there, or nothing is before it. */
static bool text_take(struct span *line, const char *end, struct span *out)
{
    size_t n = strlen(end);
    const char *at = memmem(line->p, line->n, end, n);
    if (at == NULL || at == line->p) {
        return false;
    }
    *out = span_of(line->p, (size_t)(at - line->p));
    *line = span_from(*line, out->n + n);
    return true;
}

static bool number_read(struct span text, int64_t *thousandths)
{
    int64_t n = 0;
    size_t whole = 0;
    while (whole < text.n && ascii_is_digit(text.p[whole])) {
        if (whole == DIGITS_MAX) {
            return false;
        }
        n = n * 10 + (text.p[whole++] - '0');
    }
    bool fraction = whole < text.n && text.p[whole] == '.';
    struct span rest = span_from(text, whole + (fraction ? 1 : 0));
    for (size_t i = 0; i < 3; i++) {
        n = n * 10 + (i < rest.n && ascii_is_digit(rest.p[i]) ? rest.p[i] - '0' : 0);
    }
    for (size_t i = 0; i < rest.n; i++) {
        if (!ascii_is_digit(rest.p[i])) {
            return false;
        }
    }
    *thousandths = n;
    return whole > 0 && (fraction ? rest.n > 0 : rest.n == 0);
}

/* NAME VALUE */
static bool bare_read(struct span line, struct exposition_sample *out)
{
    out->label = SPAN("");
    out->of = SPAN("");
    return text_take(&line, " ", &out->name) && number_read(line, &out->thousandths);
}

/* NAME{LABEL="OF"} VALUE */
static bool sample_read(struct span line, struct exposition_sample *out)
{
    if (memchr(line.p, '{', line.n) == NULL) {
        return bare_read(line, out);
    }
    return text_take(&line, "{", &out->name) && text_take(&line, "=\"", &out->label) &&
           text_take(&line, "\"} ", &out->of) && memchr(out->of.p, '"', out->of.n) == NULL &&
           memchr(out->of.p, '\\', out->of.n) == NULL && number_read(line, &out->thousandths);
}

bool exposition_next(struct span *page, struct exposition_sample *out)
{
    while (page->n > 0) {
        struct span line = line_take(page);
        if (line.n > 0 && line.p[0] != '#' && sample_read(line, out)) {
            return true;
        }
    }
    return false;
}
