/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edits.h - change some parts of a text and keep every other byte.
 *
 *     edits_replace(&e, extent, SPAN("\"info\""));
 *     edits_apply(&e, text, &out);
 *
 * Edits may be added in any order. An edit inside a part that another edit replaces is dropped.
 * Edits at the same place are applied in the order in which they were added.
 */
#ifndef EVENT_RECORD_EDITS_H
#define EVENT_RECORD_EDITS_H

#include "base/buf.h"
#include "codec/json.h"

struct edits {
    struct edit *list;
    size_t count, cap;
    struct buf texts; /* new texts of all edits */
    bool sorted;
};

/* max_bytes: most bytes of all new texts. More of them mark the result overflowed. */
void edits_init(struct edits *e, size_t max_bytes);
void edits_done(struct edits *e);
void edits_clear(struct edits *e);

/* Replace the bytes from `place.from` to before `place.to` by `text`. */
void edits_replace(struct edits *e, struct extent place, struct span text);

/* The same with a text that the caller appends to e->texts between the two calls. */
size_t edits_begin(const struct edits *e);
void edits_end(struct edits *e, struct extent place, size_t start);

/*
 * Remove the member whose name is at `name`, with a comma. kept_end: the end of the member before
 * it, if that member or one before it stays; 0 if none stays.
 */
void edits_drop_member(struct edits *e, const struct doc *d, size_t name, uint32_t kept_end);

/* Append text[part] with the edits applied. */
void edits_apply(struct edits *e, const char *text, struct extent part, struct buf *out);

#endif
