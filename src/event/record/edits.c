/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/edits.h"

#include <stdlib.h>

struct edit {
    struct extent place;
    uint32_t order; /* in which it was added */
    uint32_t text;  /* offset in `texts` */
    uint32_t text_bytes;
};

void edits_init(struct edits *e, size_t max_bytes)
{
    *e = (struct edits){.texts = BUF_INIT(max_bytes), .sorted = true};
}

void edits_done(struct edits *e)
{
    free(e->list);
    buf_done(&e->texts);
    e->list = NULL;
    e->count = 0;
    e->cap = 0;
}

void edits_clear(struct edits *e)
{
    e->count = 0;
    e->sorted = true;
    buf_clear(&e->texts);
}

size_t edits_begin(const struct edits *e)
{
    return e->texts.n;
}

void edits_end(struct edits *e, struct extent place, size_t start)
{
    if (e->count == e->cap) {
        e->cap = e->cap != 0 ? e->cap * 2 : 64;
        e->list = reallocarray(e->list, e->cap, sizeof(*e->list));
        if (e->list == NULL) {
            abort();
        }
    }
    e->sorted = e->sorted && (e->count == 0 || e->list[e->count - 1].place.from <= place.from);
    e->list[e->count] =
        (struct edit){place, (uint32_t)e->count, (uint32_t)start, (uint32_t)(e->texts.n - start)};
    e->count++;
}

void edits_replace(struct edits *e, struct extent place, struct span text)
{
    size_t start = edits_begin(e);
    buf_add(&e->texts, text);
    edits_end(e, place, start);
}

/* The comma before it goes too; if no member before it stays, the comma after it. */
void edits_drop_member(struct edits *e, const struct doc *d, size_t name, uint32_t kept_end)
{
    size_t value = name + 1;
    size_t next = doc_next(d, value);
    struct extent place = {kept_end, doc_extent(d, value).to};
    if (kept_end == 0) {
        place.from = doc_extent(d, name).from;
        place.to = doc_at_end(d, next) ? place.to : doc_extent(d, next).from;
    }
    edits_replace(e, place, SPAN(""));
}

static int compare_places(const void *x, const void *y)
{
    const struct edit *a = x;
    const struct edit *b = y;
    if (a->place.from != b->place.from) {
        return a->place.from < b->place.from ? -1 : 1;
    }
    return a->order < b->order ? -1 : 1;
}

void edits_apply(struct edits *e, const char *text, struct extent part, struct buf *out)
{
    if (!e->sorted) {
        qsort(e->list, e->count, sizeof(*e->list), compare_places);
        e->sorted = true;
    }
    uint32_t done = part.from;
    for (size_t i = 0; i < e->count; i++) {
        const struct edit *edit = &e->list[i];
        if (edit->place.from < done || edit->place.to > part.to) {
            continue;
        }
        buf_add(out, span_of(text + done, edit->place.from - done));
        if (edit->text_bytes > 0) {
            buf_add(out, span_of(e->texts.p + edit->text, edit->text_bytes));
        }
        done = edit->place.to;
    }
    buf_add(out, span_of(text + done, part.to - done));
    out->overflowed = out->overflowed || e->texts.overflowed;
}
