/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/record_splitter.h"

#include <stdio.h>

enum {
    TOLD_ONE_BY_ONE = 16, /* values of a line that are no events; then a run of them is one */
    MAIN = 0,             /* the reader of a line's values */
};

static bool is_filler(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

/* Without blanks around it, nor the NULs that a torn file is filled up with. */
static struct span trim(struct span s)
{
    while (s.n > 0 && is_filler(s.p[0])) {
        s = span_from(s, 1);
    }
    while (s.n > 0 && is_filler(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

void record_splitter_start(struct record_splitter *v, struct json_reader *const *readers,
                           struct span text)
{
    v->readers = readers; /* one by one: detail need not be cleared for every line */
    v->start = text.p;
    v->rest = trim(text);
    v->fresh = true;
    v->in_array = false;
    v->several = false;
    v->others = 0;
}

bool value_read(struct json_reader *const *readers, unsigned reader, struct span text,
                struct value *out)
{
    text = trim(text);
    if (span_starts(text, SPAN("\xef\xbb\xbf"))) {
        text = trim(span_from(text, 3));
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

static const char *name_of(const struct doc *d, size_t at)
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

static enum values_kind not_event(struct record_splitter *v, const char *what, size_t count)
{
    v->others++;
    if (count > 1) {
        (void)snprintf(v->detail, sizeof(v->detail), "%zu values that are no events, the first %s",
                       count, what);
    } else {
        (void)snprintf(v->detail, sizeof(v->detail), "%s is no event", what);
    }
    return VALUES_NOT_EVENT;
}

static enum values_kind damaged(struct record_splitter *v)
{
    size_t byte = 0;
    const char *wrong = json_scan_wrong(v->readers[MAIN], &byte);
    (void)snprintf(v->detail, sizeof(v->detail), "%s at byte %zu", wrong,
                   (size_t)(v->rest.p - v->start) + byte);
    v->rest.n = 0;
    v->others++;
    return VALUES_DAMAGED;
}

/* ---- elements of an array; the array as a whole has been read before, so they are well-formed */

static bool array_done(struct record_splitter *v)
{
    while (v->array.n > 0 && (is_filler(*v->array.p) || *v->array.p == ',')) {
        v->array = span_from(v->array, 1);
    }
    return v->array.n == 0 || *v->array.p == ']';
}

static bool scan_element(struct record_splitter *v, struct value *out)
{
    *out = (struct value){.at = DOC_ROOT, .reader = MAIN};
    if (json_scan(v->readers[MAIN], &v->array, &out->doc, NULL) != FAIL_NONE) {
        v->rest = v->array; /* cannot be: it was read before */
        v->in_array = false;
        return false;
    }
    out->text = doc_source(&out->doc, DOC_ROOT);
    return true;
}

static enum values_kind next_element(struct record_splitter *v, struct value *out)
{
    size_t run = 0;
    const char *first = NULL;
    while (!array_done(v)) {
        struct span before = v->array;
        if (!scan_element(v, out)) {
            return damaged(v);
        }
        if (value_is_event(&out->doc, DOC_ROOT)) {
            if (run == 0) {
                return VALUES_OBJECT;
            }
            v->array = before;
            break;
        }
        first = first != NULL ? first : name_of(&out->doc, DOC_ROOT);
        run++;
        if (v->others < TOLD_ONE_BY_ONE) {
            break;
        }
    }
    return run > 0 ? not_event(v, first, run) : VALUES_END;
}

/* How many records its elements give, at most 2; 0 if none of them is an event. */
static int array_records(const struct doc *d, size_t at)
{
    size_t elements = 0;
    bool any = false;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        any = any || value_is_event(d, i);
        elements++;
    }
    return !any ? 0 : elements > 1 ? 2 : 1;
}

/* ---- values one behind the other ---- */

static bool has_records(const struct doc *d)
{
    return doc_tag(d, DOC_ROOT) == '[' && array_records(d, DOC_ROOT) > 0;
}

static enum values_kind on_value(struct record_splitter *v, struct value *out)
{
    if (value_is_event(&out->doc, DOC_ROOT)) {
        return VALUES_OBJECT;
    }
    bool array = doc_tag(&out->doc, DOC_ROOT) == '[';
    int records = array ? array_records(&out->doc, DOC_ROOT) : 0;
    if (records == 0) {
        return not_event(v, array ? "an array without objects" : name_of(&out->doc, DOC_ROOT), 1);
    }
    v->several = v->several || records > 1;
    v->in_array = true;
    v->array = span_from(out->text, 1);
    return VALUES_END;
}

/* Read the next value of the line. False: damage. */
static bool scan_value(struct record_splitter *v, struct value *out)
{
    *out = (struct value){.at = DOC_ROOT, .reader = MAIN};
    bool first = v->fresh;
    v->fresh = false;
    if (json_scan(v->readers[MAIN], &v->rest, &out->doc, NULL) != FAIL_NONE) {
        return false;
    }
    out->text = doc_source(&out->doc, DOC_ROOT);
    out->whole = first && v->rest.n == 0;
    v->several = v->several || !out->whole;
    return true;
}

/* From many on, values that are no events are told as one. */
static enum values_kind skip_run(struct record_splitter *v, enum values_kind kind,
                                 struct value *out)
{
    size_t run = 1;
    while (kind == VALUES_NOT_EVENT && v->others > TOLD_ONE_BY_ONE && v->rest.n > 0) {
        struct span before = v->rest;
        if (!scan_value(v, out) || value_is_event(&out->doc, DOC_ROOT) || has_records(&out->doc)) {
            v->rest = before;
            break;
        }
        run++;
    }
    return run > 1 ? not_event(v, "a value", run) : kind;
}

/*
 * A line of plain text that begins with a number or two is damage, not numbers and damage: what
 * comes before damage counts from the first object or array on.
 */
static enum values_kind scalar_first(struct record_splitter *v, const char *name)
{
    struct span before = v->rest;
    struct value next;
    for (char tag = 'n'; v->rest.n > 0 && tag != '{' && tag != '[';) {
        if (!scan_value(v, &next)) {
            v->several = false;
            return damaged(v);
        }
        tag = doc_tag(&next.doc, DOC_ROOT);
    }
    v->rest = before;
    return not_event(v, name, 1);
}

enum values_kind record_splitter_next(struct record_splitter *v, struct value *out)
{
    for (;;) {
        enum values_kind kind = v->in_array ? next_element(v, out) : VALUES_END;
        if (kind != VALUES_END) {
            return kind;
        }
        v->in_array = false;
        if (v->rest.n == 0) {
            return VALUES_END;
        }
        bool first = v->fresh;
        if (first && json_read(v->readers[MAIN], v->rest, &out->doc)) {
            *out = (struct value){out->doc, DOC_ROOT, v->rest, MAIN, true};
            v->fresh = false;
            v->rest.n = 0;
        } else if (!scan_value(v, out)) {
            return damaged(v);
        }
        char tag = doc_tag(&out->doc, DOC_ROOT);
        if (first && tag != '{' && tag != '[') {
            return scalar_first(v, name_of(&out->doc, DOC_ROOT));
        }
        kind = on_value(v, out);
        if (kind != VALUES_END) {
            return skip_run(v, kind, out);
        }
    }
}
