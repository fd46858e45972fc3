/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/record_splitter.h"

#include <stdio.h>

enum {
    REPORTED_ONE_BY_ONE = 16, /* values of a line that are not events and are returned one by one */
    MAIN = 0,                 /* number of the reader of a line's values */
};

/* Blanks, the NULs that a torn file is filled up with, and RFC 7464's record separator. */
static bool is_filler(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == '\x1e';
}

static struct span skip_filler(struct span s)
{
    while (s.n > 0 && is_filler(s.p[0])) {
        s = span_from(s, 1);
    }
    return s;
}

/* The text without blanks around it, and without the NULs that fill up a truncated file. */
static struct span trim_filler(struct span s)
{
    s = skip_filler(s);
    while (s.n > 0 && is_filler(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

static bool opens(char c)
{
    return c == '{' || c == '[';
}

static bool closes(char c)
{
    return c == '}' || c == ']';
}

/* Filler and commas before an object or array, or of any kind `after` one. */
static struct span skip_separators(struct span s, bool after)
{
    struct span rest = s;
    while (rest.n > 0 && (is_filler(*rest.p) || *rest.p == ',')) {
        rest = span_from(rest, 1);
    }
    return after || (rest.n > 0 && opens(*rest.p)) ? rest : skip_filler(s);
}

/* The line without separators around its values. Elsewhere a comma is no part of JSON Lines. */
static struct span trim_line(struct span s)
{
    s = trim_filler(s);
    if (s.n > 0 && *s.p == ',') {
        s = skip_separators(s, false);
    }
    if (s.n > 0 && s.p[s.n - 1] == ',') {
        struct span rest = s;
        while (rest.n > 0 && (is_filler(rest.p[rest.n - 1]) || rest.p[rest.n - 1] == ',')) {
            rest.n--;
        }
        s = rest.n > 0 && closes(rest.p[rest.n - 1]) ? rest : s;
    }
    return s;
}

void record_splitter_start(struct record_splitter *s, struct json_reader *const *readers,
                           struct span text)
{
    s->readers = readers; /* member by member: `detail` need not be cleared for each line */
    s->start = text.p;
    s->rest = trim_line(text);
    s->fresh = true;
    s->required = false;
    s->in_array = false;
    s->loose = false;
    s->several = false;
    s->others = 0;
}

bool value_read(struct json_reader *const *readers, unsigned reader, struct span text,
                struct value *out)
{
    text = trim_filler(text);
    if (span_starts(text, SPAN("\xef\xbb\xbf"))) {
        text = trim_filler(span_from(text, 3));
    }
    *out = (struct value){.at = DOC_ROOT, .text = text, .reader = reader, .whole = true};
    if (json_read(readers[reader], text, &out->doc)) {
        return true;
    }
    struct span rest = text;
    return json_scan(readers[reader], &rest, &out->doc, NULL) == FAIL_NONE && rest.n == 0;
}

bool value_is_event(const struct doc *d, size_t at)
{
    return doc_tag(d, at) == '{' && !doc_at_end(d, doc_first(d, at));
}

static const char *type_name(const struct doc *d, size_t at)
{
    switch (doc_tag(d, at)) {
    case '{':
        return "an empty object";
    case '[':
        return "an array";
    case '"':
        return "a string";
    case 't':
    case 'f':
        return "a boolean";
    case 'n':
        return "null";
    default:
        return "a number";
    }
}

static enum values_kind count_not_event(struct record_splitter *s, const char *what, size_t count)
{
    s->others++;
    s->count = count;
    if (count > 1) {
        (void)snprintf(s->detail, sizeof(s->detail), "%zu values that are no events, the first %s",
                       count, what);
    } else {
        (void)snprintf(s->detail, sizeof(s->detail), "%s is no event", what);
    }
    return VALUES_NOT_EVENT;
}

static enum values_kind damaged_rest(struct record_splitter *s)
{
    size_t byte = 0;
    s->wrong = json_scan_wrong(s->readers[MAIN], &byte);
    s->damaged_from = (size_t)(s->rest.p - s->start);
    s->wrong_at = s->damaged_from + byte;
    s->rest.n = 0;
    s->others++;
    return VALUES_DAMAGED;
}

/*
 * ---- elements of an array ----
 *
 * Brackets of arrays in the array are punctuation, as in the other framings: their elements are
 * elements. Usually the array was read as a whole, so its elements are well-formed. If it could not
 * be, it is loose: read as far as it goes, with any number of commas between its elements.
 */

static void begin_array(struct record_splitter *s, struct span elements, bool loose)
{
    s->in_array = true;
    s->loose = loose;
    s->inner_arrays = 0;
    s->array = elements;
}

/* Whether an array without elements begins here, which is an element. */
static bool is_empty_array(struct span s)
{
    struct span rest = skip_filler(span_from(s, 1));
    return rest.n > 0 && *rest.p == ']';
}

static bool array_ended(struct record_splitter *s)
{
    while (s->array.n > 0) {
        char c = *s->array.p;
        if (c == '[' && !is_empty_array(s->array)) {
            s->inner_arrays++;
        } else if (c == ']' && s->inner_arrays > 0) {
            s->inner_arrays--;
        } else if (!is_filler(c) && c != ',') {
            break;
        }
        s->array = span_from(s->array, 1);
    }
    return s->array.n == 0 || *s->array.p == ']';
}

static bool scan_element(struct record_splitter *s, struct value *out)
{
    *out = (struct value){.at = DOC_ROOT, .reader = MAIN};
    if (json_scan(s->readers[MAIN], &s->array, &out->doc, NULL) != FAIL_NONE) {
        s->rest = s->array; /* only of a loose one: the others were read before */
        s->in_array = false;
        return false;
    }
    out->text = doc_source(&out->doc, DOC_ROOT);
    return true;
}

/* After the last element: a loose array may lack its bracket, or be followed by more. */
static enum values_kind array_ends(struct record_splitter *s)
{
    if (!s->loose) {
        return VALUES_END;
    }
    s->loose = false;
    if (s->array.n == 0) {
        s->in_array = false;
        s->wrong = "the array is not closed";
        s->damaged_from = s->wrong_at = (size_t)(s->array.p - s->start);
        s->rest.n = 0;
        return VALUES_DAMAGED;
    }
    s->rest = skip_separators(span_from(s->array, 1), true);
    return VALUES_END;
}

static enum values_kind next_element(struct record_splitter *s, struct value *out)
{
    size_t run = 0;
    const char *first = NULL;
    while (!array_ended(s)) {
        struct span before = s->array;
        if (!scan_element(s, out)) {
            return damaged_rest(s);
        }
        if (value_is_event(&out->doc, DOC_ROOT)) {
            if (run == 0) {
                return VALUES_OBJECT;
            }
            s->array = before;
            break;
        }
        first = first != NULL ? first : type_name(&out->doc, DOC_ROOT);
        run++;
        if (s->others < REPORTED_ONE_BY_ONE) {
            break;
        }
    }
    return run > 0 ? count_not_event(s, first, run) : array_ends(s);
}

/* What could not be read is an array of objects up to some element, or but for its commas. */
static bool loose_array(struct record_splitter *s)
{
    if (*s->rest.p != '[' || s->too_deep) {
        return false;
    }
    struct span first = s->rest;
    while (first.n > 0 && *first.p == '[') {
        first = skip_separators(span_from(first, 1), false);
    }
    if (first.n == 0 || *first.p != '{') {
        return false;
    }
    s->several = true;
    begin_array(s, span_from(s->rest, 1), true);
    return true;
}

/* How many records the elements give: 0, 1, or 2 for more than one. */
static int array_records(const struct doc *d, size_t at)
{
    size_t elements = 0;
    bool any = false;
    int inner = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        int found = doc_tag(d, i) == '[' ? array_records(d, i) : value_is_event(d, i) ? 1 : 0;
        inner = found > inner ? found : inner;
        any = any || found > 0;
        elements++;
    }
    return !any ? 0 : elements > 1 || inner > 1 ? 2 : 1;
}

/* ---- values that follow each other ---- */

static bool has_records(const struct doc *d)
{
    return doc_tag(d, DOC_ROOT) == '[' && array_records(d, DOC_ROOT) > 0;
}

static enum values_kind classify_value(struct record_splitter *s, struct value *out)
{
    if (value_is_event(&out->doc, DOC_ROOT)) {
        return VALUES_OBJECT;
    }
    bool array = doc_tag(&out->doc, DOC_ROOT) == '[';
    if (array && out->whole && !s->required &&
        doc_at_end(&out->doc, doc_first(&out->doc, DOC_ROOT))) {
        return VALUES_END; /* as in the other framings: brackets around no records */
    }
    int records = array ? array_records(&out->doc, DOC_ROOT) : 0;
    if (records == 0) {
        return count_not_event(
            s, array ? "an array without objects" : type_name(&out->doc, DOC_ROOT), 1);
    }
    s->several = s->several || records > 1;
    begin_array(s, span_from(out->text, 1), false);
    return VALUES_END;
}

/* Read the next value of the line. False: damage. */
static bool scan_value(struct record_splitter *s, struct value *out)
{
    *out = (struct value){.at = DOC_ROOT, .reader = MAIN};
    bool first = s->fresh;
    s->fresh = false;
    enum err_kind kind = json_scan(s->readers[MAIN], &s->rest, &out->doc, NULL);
    s->too_deep = kind == FAIL_LIMIT;
    if (kind != FAIL_NONE) {
        return false;
    }
    out->text = doc_source(&out->doc, DOC_ROOT);
    s->rest = skip_separators(s->rest, doc_is_container(&out->doc, DOC_ROOT));
    out->whole = first && s->rest.n == 0;
    s->several = s->several || !out->whole;
    return true;
}

/* After many values that are not events, a run of them is returned as one. */
static enum values_kind skip_run(struct record_splitter *s, enum values_kind kind,
                                 struct value *out)
{
    size_t run = s->count;
    size_t before_run = run;
    while (kind == VALUES_NOT_EVENT && s->others > REPORTED_ONE_BY_ONE && s->rest.n > 0) {
        struct span before = s->rest;
        if (!scan_value(s, out) || value_is_event(&out->doc, DOC_ROOT) || has_records(&out->doc)) {
            s->rest = before;
            break;
        }
        run++;
    }
    return run > before_run ? count_not_event(s, "a value", run) : kind;
}

/*
 * Scalars at the start of a line count only if the line has no damage before its first object or
 * array. Else a line of plain text that begins with a number would be a number and damage.
 */
static enum values_kind scalar_at_start(struct record_splitter *s, const char *name)
{
    struct span before = s->rest;
    struct value next;
    for (char tag = 'n'; s->rest.n > 0 && tag != '{' && tag != '[';) {
        if (!scan_value(s, &next)) {
            s->several = false;
            return damaged_rest(s);
        }
        tag = doc_tag(&next.doc, DOC_ROOT);
    }
    s->rest = before;
    return count_not_event(s, name, 1);
}

enum values_kind record_splitter_next(struct record_splitter *s, struct value *out)
{
    for (;;) {
        enum values_kind kind = s->in_array ? next_element(s, out) : VALUES_END;
        if (kind != VALUES_END) {
            return kind;
        }
        s->in_array = false;
        if (s->rest.n == 0) {
            return VALUES_END;
        }
        bool first = s->fresh;
        if (first && json_read(s->readers[MAIN], s->rest, &out->doc)) {
            *out = (struct value){
                .doc = out->doc, .at = DOC_ROOT, .text = s->rest, .reader = MAIN, .whole = true};
            s->fresh = false;
            s->rest.n = 0;
        } else if (!scan_value(s, out)) {
            if (loose_array(s)) {
                continue;
            }
            return damaged_rest(s);
        }
        char tag = doc_tag(&out->doc, DOC_ROOT);
        if (first && tag != '{' && tag != '[') {
            return scalar_at_start(s, type_name(&out->doc, DOC_ROOT));
        }
        kind = classify_value(s, out);
        if (kind != VALUES_END) {
            return skip_run(s, kind, out);
        }
    }
}
