/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A writer writes values of one kind into an object, so the first value determines how the rest is
 * read. But a first line may be garbage, or the end of a torn record. It must not make one damaged
 * document of ten thousand good lines after it. So a first line is only used if it is JSON, or a
 * beginning of JSON that the next lines continue, by the same rules as further down in an object of
 * lines (framing_open.c).
 */
#include "framing_priv.h"

#include "base/ascii.h"
#include "codec/syntax.h"

enum { LINES_LOOKED_AT = 3, RECORDS_LOOKED_AT = 8 };

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
    bool all;         /* the text ends here, or no more of it may be examined */
    bool too_long;    /* the first line */
};

/* ---- a first value that continues after its line ---- */

/* Take the next line that is not blank from *text, with the blank lines before it, which are added
 * to *t. False: there is none, or it is not complete. */
static bool take_line(struct span *text, bool all, struct framing_track *t, struct span *line)
{
    while (text->n > 0) {
        const char *nl = memchr(text->p, '\n', text->n);
        *line = nl != NULL ? span_of(text->p, (size_t)(nl - text->p)) : *text;
        *text = span_from(*text, line->n + (nl != NULL ? 1 : 0));
        if (!framing_blank(*line)) {
            return nl != NULL || all;
        }
        framing_track_part(t, *line);
    }
    return false;
}

/* The text up to the end of its first `most` lines that are not blank. *complete: it has them. */
static struct span first_lines(struct span text, size_t most, bool *complete)
{
    size_t count = 0;
    struct span rest = text;
    struct framing_track t = {0};
    for (struct span line; count < most && take_line(&rest, false, &t, &line);) {
        count++;
    }
    *complete = count == most;
    return *complete ? span_of(text.p, (size_t)(rest.p - text.p)) : text;
}

static bool begins_record(struct span line)
{
    line = framing_trim(line);
    const char *first = framing_first(line);
    return first != NULL && *first == '{' && *line.p != ' ' && *line.p != '\t';
}

/* Whether only a word, or a number and a word, is before the byte that is no JSON. */
static bool is_word(struct span line, const char *wrong)
{
    const char *p = framing_first(line);
    while (p < wrong && (ascii_is_digit(*p) || ascii_is_lower(*p) || strchr(" -+.E", *p) != NULL)) {
        p++;
    }
    return p == wrong;
}

/*
 * Whether a value whose second line may continue it is a torn record: the text stops being JSON at
 * the first word of that line, at a record in the third line, or among lines that begin like
 * records of which all but the last are torn. In a damaged document that would be further below.
 */
static bool is_torn(struct span line, struct span rest, const char *wrong)
{
    struct framing_track t = {0};
    bool torn = is_word(line, wrong);
    for (bool second = true; !torn; second = false) {
        struct span next = SPAN("");
        bool record = begins_record(line);
        if (wrong <= line.p + line.n) {
            return record;
        }
        if (!take_line(&rest, true, &t, &next)) {
            return false;
        }
        torn = begins_record(next) && wrong <= framing_first(next) && (record || second);
        if (!torn && (!record || framing_only_values(line))) {
            return false;
        }
        line = next;
    }
    return true;
}

/* The brackets that the first line leaves open. */
static struct framing_track track_of(struct span line)
{
    struct framing_track t = {0};
    framing_track_part(&t, line);
    framing_track_line_ends(&t);
    return t;
}

/* Whether the text after the first line continues it. *second: its next line; *rest: what follows.
 */
static enum framing_continues continues(const struct framing *f, const struct start *k,
                                        struct span *second, struct span *rest)
{
    struct framing_track t = track_of(k->line);
    *rest = span_from(k->text, k->line.n);
    return take_line(rest, k->all, &t, second) ? framing_open_maybe(f, &t, *second, *rest)
                                               : CONTINUES_MORE;
}

static enum framing_verdict over_lines(const struct framing *f, const struct start *k,
                                       enum syntax syntax, size_t at)
{
    struct span second = SPAN("");
    struct span rest = SPAN("");
    enum framing_continues is = continues(f, k, &second, &rest);
    if (is == CONTINUES_MORE && !k->all) {
        return VERDICT_MORE;
    }
    if (is == CONTINUES_NO || (is == CONTINUES_MORE && (f->ending || framing_blank(second)))) {
        return VERDICT_LINE;
    }
    /* the same lines decide, however much of the text is there */
    bool complete = false;
    size_t most = begins_record(second) ? RECORDS_LOOKED_AT : LINES_LOOKED_AT;
    struct span seen = first_lines(k->text, most, &complete);
    if (!complete && !k->all) {
        return VERDICT_MORE;
    }
    rest.n = (size_t)(seen.p + seen.n - rest.p);
    bool torn = syntax == SYNTAX_WRONG && at < seen.n && is_torn(second, rest, k->text.p + at);
    return torn ? VERDICT_LINE : VERDICT_DOCUMENT;
}

/* ---- the first line ---- */

static bool closes_on_line(struct span line)
{
    struct nesting n = {.depth = 1};
    enum nesting_end end = NESTING_MORE;
    size_t used = nesting_scan(&n, span_from(line, 1), true, &end);
    return used > 0 && end == NESTING_CLOSED;
}

static enum framing_verdict decide_object(const struct framing *f, const struct start *k)
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
    return over_lines(f, k, syntax, at);
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

/* An array that is not closed on the first line, which may be a torn record within an object. */
static enum framing_verdict open_array(const struct framing *f, const struct start *k)
{
    struct span second, rest;
    struct framing_track t = track_of(k->line);
    if (t.objects == 0) {
        return VERDICT_ARRAY;
    }
    enum framing_continues is = continues(f, k, &second, &rest);
    return is == CONTINUES_MORE && !k->all ? VERDICT_MORE
           : is == CONTINUES_NO            ? VERDICT_LINE
                                           : VERDICT_ARRAY;
}

/*
 * Elements are read one by one, so only the first one is checked. An array on one line that is
 * empty or begins with a scalar may be a plain text in brackets, so it does not determine the
 * framing.
 */
static enum framing_verdict decide_array(const struct framing *f, const struct start *k)
{
    const char *first = framing_first(span_from(k->line, 1));
    bool empty = first == NULL || *first == ']' || *first == '\n';
    if (!empty && !is_element(span_from(k->line, (size_t)(first - k->line.p)))) {
        return k->too_long ? VERDICT_LONG_LINE : VERDICT_LINE;
    }
    if (k->too_long) {
        return VERDICT_ARRAY;
    }
    if (!closes_on_line(k->line)) {
        return open_array(f, k);
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
        is = framing_open_maybe(f, &f->open.track, line, rest);
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
                      .all = all,
                      .too_long = too_long};
    return *first == '{' ? decide_object(f, &k) : decide_array(f, &k);
}
