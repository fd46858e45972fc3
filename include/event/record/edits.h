/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edits.h - change some places of a text and leave every other byte as it is.
 *
 *     edits_replace(&e, extent, SPAN("\"info\""));
 *     edits_apply(&e, text, &out);
 *
 * Edits may be added in any order. One inside a part that an earlier-starting edit takes away
 * is dropped. Of edits at the same place the first added goes first.
 */
#ifndef EVENT_RECORD_EDITS_H
#define EVENT_RECORD_EDITS_H

#include "base/buf.h"
#include "codec/json.h"

struct edits {
    struct edit *list;
    size_t count, cap;
    struct buf texts; /* what is put in */
    bool sorted;
};

/* max_bytes: most bytes of all texts put in; beyond it the result is marked overflowed. */
void edits_init(struct edits *e, size_t max_bytes);
void edits_done(struct edits *e);
void edits_clear(struct edits *e);

/* Put `text` in the place of the bytes from `place.from` to before `place.to`. */
void edits_replace(struct edits *e, struct extent place, struct span text);

/* The same, with the text written by the caller: append to e->texts between the two calls. */
size_t edits_begin(const struct edits *e);
void edits_end(struct edits *e, struct extent place, size_t begun);

/*
 * Take out a member of an object. kept_end: where the member before it ends, if that one or one
 * before it stays; 0 if none does.
 */
void edits_drop_member(struct edits *e, const struct doc *d, size_t name, uint32_t kept_end);

/* Append text[part] as edited. */
void edits_apply(struct edits *e, const char *text, struct extent part, struct buf *out);

#endif
