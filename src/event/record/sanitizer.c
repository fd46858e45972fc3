/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/sanitizer.h"

#include "event/record/json_write.h"
#include "event/record/redactor.h"

enum { UTF8_STEP, NAMES_STEP, SECRETS_STEP, STEPS, MOST_GROWTH = 4 };

void sanitizer_init(struct sanitizer *s, size_t max_bytes)
{
    for (size_t i = 0; i < STEPS; i++) {
        s->texts[i] = (struct buf)BUF_INIT(max_bytes * MOST_GROWTH + JSON_SLACK);
    }
    edits_init(&s->edits, max_bytes * MOST_GROWTH);
}

void sanitizer_done(struct sanitizer *s)
{
    for (size_t i = 0; i < STEPS; i++) {
        buf_done(&s->texts[i]);
    }
    edits_done(&s->edits);
}

void sanitizer_trim(struct sanitizer *s)
{
    size_t max_bytes = s->edits.texts.max;
    for (size_t i = 0; i < STEPS; i++) {
        buf_done(&s->texts[i]);
    }
    edits_done(&s->edits);
    edits_init(&s->edits, max_bytes);
}

/* Read the new text. It replaces the old one in *v. */
static bool read_again(struct json_reader *const *readers, const struct buf *text, struct value *v)
{
    struct span rest = buf_span(text);
    v->text = rest;
    v->at = DOC_ROOT;
    return !text->overflowed && json_scan(readers[v->reader], &rest, &v->doc, NULL) == FAIL_NONE &&
           rest.n == 0;
}

static bool clean_utf8(struct sanitizer *s, struct json_reader *const *readers, struct value *v)
{
    struct buf *out = &s->texts[UTF8_STEP];
    buf_clear(out);
    json_clean(doc_source(&v->doc, v->at), out);
    return read_again(readers, out, v);
}

/* ---- duplicate names ---- */

static void drop_shadowed(struct edits *e, const struct doc *d, const struct duplicate_names *names,
                          size_t object)
{
    uint32_t kept_end = 0; /* end of the member before, 0 while none is kept */
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        bool drop = duplicate_names_shadowed(names, i);
        if (drop) {
            edits_drop_member(e, d, i, kept_end);
        }
        if (!drop || kept_end != 0) {
            kept_end = doc_extent(d, i + 1).to;
        }
    }
}

static size_t tape_next(const struct doc *d, size_t i)
{
    char tag = doc_tag(d, i);
    return tag == 'l' || tag == 'u' || tag == 'd' ? i + 2 : i + 1;
}

static bool clean_names(struct sanitizer *s, struct json_reader *const *readers,
                        const struct duplicate_names *names, struct value *v)
{
    const struct doc *d = &v->doc;
    struct buf *out = &s->texts[NAMES_STEP];
    buf_clear(out);
    edits_clear(&s->edits);
    for (size_t i = v->at; i < doc_next(d, v->at); i = tape_next(d, i)) {
        if (doc_tag(d, i) == '{') {
            drop_shadowed(&s->edits, d, names, i);
        }
    }
    edits_apply(&s->edits, d->text, doc_extent(d, v->at), out);
    return read_again(readers, out, v);
}

bool sanitizer_value(struct sanitizer *s, struct json_reader *const *readers,
                     struct duplicate_names *names, struct value *v)
{
    bool unique = names->unique;
    if (v->doc.repaired && !clean_utf8(s, readers, v)) {
        return false;
    }
    if (!unique) {
        /* Indexes may have changed: the record is now the whole document. */
        return !duplicate_names_absent(names, &v->doc, v->at) &&
               clean_names(s, readers, names, v) && duplicate_names_absent(names, &v->doc, v->at);
    }
    return true;
}

/* ---- secrets ---- */

bool sanitizer_has_secret(const struct doc *d, size_t at)
{
    struct redactor r;
    struct redaction hit;
    redactor_start(&r, d, at);
    return redactor_next(&r, &hit);
}

/*
 * `plain`: scratch for the replacement of one secret, not yet JSON. True: the name of a member
 * changed.
 */
static bool redact_value(struct edits *e, const struct doc *d, size_t at, struct buf *plain)
{
    struct redactor r;
    struct redaction hit;
    bool names = false;
    redactor_start(&r, d, at);
    while (redactor_next(&r, &hit)) {
        size_t begun = edits_begin(e);
        buf_clear(plain);
        redaction_write(d, &hit, plain);
        json_write_string(&e->texts, buf_span(plain));
        edits_end(e, doc_extent(d, hit.at), begun);
        names |= hit.name > 0;
    }
    return names;
}

bool sanitizer_redact(struct sanitizer *s, struct json_reader *const *readers,
                      struct duplicate_names *names, struct value *v)
{
    struct buf *out = &s->texts[SECRETS_STEP];
    edits_clear(&s->edits);
    buf_clear(out);
    bool renamed = redact_value(&s->edits, &v->doc, v->at, out);
    bool fits = !out->overflowed;
    buf_clear(out);
    edits_apply(&s->edits, v->doc.text, doc_extent(&v->doc, v->at), out);
    if (!fits || !read_again(readers, out, v)) {
        return false;
    }
    return !renamed || duplicate_names_absent(names, &v->doc, v->at) ||
           clean_names(s, readers, names, v);
}
