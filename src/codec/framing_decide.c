/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A writer writes values of one kind into an object, so the first value determines how the rest is
 * read. But a first line may be garbage, or the end of a torn record. It must not make one damaged
 * document of ten thousand good lines after it. So a first line is only used if it is JSON, or a
 * beginning of JSON that the next lines continue.
 */
#include "codec/syntax.h"
#include "framing_priv.h"

enum { LINES_LOOKED_AT = 3 };

size_t framing_decide_bytes(const struct framing *f)
{
    return f->line_bytes + FRAMING_TRIMMED_BYTES + 1;
}

const char *framing_first(struct span line)
{
    if (span_starts(line, SPAN("\xef\xbb\xbf"))) {
        line = span_from(line, 3);
    }
    for (size_t i = 0; i < line.n; i++) {
        if (!framing_is_filler(line.p[i])) {
            return line.p + i;
        }
    }
    return NULL;
}

bool framing_blank(struct span line)
{
    return framing_first(line) == NULL;
}

size_t framing_hole(const struct framing *f, struct span line)
{
    size_t most = f->line_bytes + FRAMING_TRIMMED_BYTES;
    line.n = line.n < most ? line.n : most;
    return framing_blank(line) ? line.n : 0;
}

void framing_step_hole(struct framing *f, struct source *s)
{
    const char *p = s->p;
    while (p < s->end && framing_is_filler(*p)) {
        p++;
    }
    framing_advance(f, s, p);
    if (p < s->end) {
        framing_line_begins(f);
    }
}

/* The text on which a verdict depends. */
struct start {
    struct span text; /* from the first byte of the value on */
    struct span line; /* the part of `text` that is on the first line, with its '\n' */
    size_t lines;     /* complete lines of the text, including the first one */
    bool all;         /* the text ends here, or no more of it may be examined */
    bool too_long;    /* the first line */
};

static size_t count_lines(struct span text)
{
    size_t count = 0;
    for (const char *nl;
         count < LINES_LOOKED_AT && text.n > 0 && (nl = memchr(text.p, '\n', text.n)) != NULL;
         count++) {
        text = span_from(text, (size_t)(nl - text.p) + 1);
    }
    return count;
}

/*
 * Whether the first value, which continues after its line, is a torn record before complete ones:
 * the text stops being JSON at a line that begins with '{'. In a damaged document such a line would
 * be further below.
 */
static bool is_torn(const struct start *k, enum syntax syntax, size_t at)
{
    struct span before = span_of(k->text.p, at);
    return syntax == SYNTAX_WRONG && k->text.p[at] == '{' && k->text.p[at - 1] == '\n' &&
           count_lines(before) < LINES_LOOKED_AT;
}

static bool holds_nothing(struct span text)
{
    while (text.n > 0 && (framing_is_filler(*text.p) || *text.p == '\n')) {
        text = span_from(text, 1);
    }
    return text.n == 0;
}

static enum framing_verdict over_lines(const struct start *k, enum syntax syntax, size_t at)
{
    if (k->lines < LINES_LOOKED_AT && !k->all) {
        return VERDICT_MORE;
    }
    if (k->lines < LINES_LOOKED_AT && holds_nothing(span_from(k->text, k->line.n))) {
        return VERDICT_LINE;
    }
    return is_torn(k, syntax, at) ? VERDICT_LINE : VERDICT_DOCUMENT;
}

static bool closes_on_line(struct span line)
{
    struct nesting n = {.depth = 1};
    enum nesting_end end = NESTING_MORE;
    size_t used = nesting_scan(&n, span_from(line, 1), true, &end);
    return used > 0 && end == NESTING_CLOSED;
}

static enum framing_verdict decide_object(const struct start *k)
{
    size_t at = 0;
    enum syntax syntax = syntax_check(k->too_long ? k->line : k->text, &at);
    if (k->too_long) {
        return syntax == SYNTAX_WRONG ? VERDICT_LONG_LINE : VERDICT_VALUES_OR_LINES;
    }
    bool too_deep = syntax == SYNTAX_BEGUN && at < k->text.n;
    if (too_deep ? closes_on_line(k->line) : syntax == SYNTAX_WHOLE && at <= k->line.n) {
        return VERDICT_LINES;
    }
    bool ends_here = k->line.n == k->text.n && k->all;
    if ((syntax == SYNTAX_WRONG && at < k->line.n) || ends_here) {
        return VERDICT_LINE;
    }
    return over_lines(k, syntax, at);
}

/* Whether an element may begin here. A scalar must not be the first word of a plain text. */
static bool is_element(struct span text)
{
    size_t at = 0;
    enum syntax syntax = syntax_check(text, &at);
    if (syntax != SYNTAX_WHOLE || *text.p == '{' || *text.p == '[') {
        return syntax != SYNTAX_WRONG;
    }
    while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t' || text.p[at] == '\r')) {
        at++;
    }
    return at == text.n || text.p[at] == ',' || text.p[at] == ']' || text.p[at] == '\n';
}

/*
 * Elements are read one by one, so only the first one is checked. An array on one line that is
 * empty or begins with a scalar may be a plain text in brackets, so it does not determine the
 * framing.
 */
static enum framing_verdict decide_array(const struct start *k)
{
    const char *first = framing_first(span_from(k->line, 1));
    bool empty = first == NULL || *first == ']' || *first == '\n';
    if (!empty && !is_element(span_from(k->line, (size_t)(first - k->line.p)))) {
        return k->too_long ? VERDICT_LONG_LINE : VERDICT_LINE;
    }
    if (k->too_long || !closes_on_line(k->line)) {
        return VERDICT_ARRAY;
    }
    return !empty && (*first == '{' || *first == '[') ? VERDICT_LINES : VERDICT_LINE;
}

/* The verdict on a line after the first one of a value that may be open. `full`: no more of the
 * text may be examined. */
static enum framing_verdict decide_open(const struct framing *f, struct span line, struct span rest,
                                        bool all)
{
    bool too_long = framing_trim(line).n > f->line_bytes;
    bool full = all && !f->ending;
    enum framing_continues is = framing_open_belongs(f, line) ? CONTINUES_YES : CONTINUES_NO;
    if (f->open.state == OPEN_MAYBE) {
        is = framing_open_maybe(f, line, rest);
    }
    if (is == CONTINUES_MORE && !all) {
        return VERDICT_MORE;
    }
    if (is == CONTINUES_YES || (is == CONTINUES_MORE && full)) {
        return too_long ? VERDICT_OPEN_LONG : VERDICT_OPEN;
    }
    char first = *framing_first(line);
    bool values = first == '{' || first == '[';
    return !too_long ? VERDICT_LINE : values ? VERDICT_LONG_VALUES : VERDICT_LONG_LINE;
}

enum framing_verdict framing_decide(const struct framing *f, struct span text, bool all)
{
    const char *nl = memchr(text.p, '\n', text.n);
    if (nl == NULL && !all) {
        return VERDICT_MORE;
    }
    struct span line = nl != NULL ? span_of(text.p, (size_t)(nl - text.p)) : text;
    bool too_long = framing_trim(line).n > f->line_bytes;
    const char *first = framing_first(line);
    if (first == NULL) {
        return too_long ? VERDICT_HOLE : VERDICT_BLANK;
    }
    struct span rest = nl != NULL ? span_from(text, line.n + 1) : SPAN("");
    enum framing_verdict open = decide_open(f, line, rest, all);
    if (f->kind == FRAMING_LINES || open == VERDICT_MORE || open == VERDICT_OPEN ||
        open == VERDICT_OPEN_LONG) {
        return open;
    }
    if (*first != '{' && *first != '[') {
        return too_long ? VERDICT_LONG_LINE : VERDICT_LINE;
    }
    size_t before = (size_t)(first - text.p);
    struct start k = {.text = span_from(text, before),
                      .line = span_from(span_of(text.p, line.n + (nl != NULL ? 1 : 0)), before),
                      .lines = count_lines(text),
                      .all = all,
                      .too_long = too_long};
    return *first == '{' ? decide_object(&k) : decide_array(&k);
}
