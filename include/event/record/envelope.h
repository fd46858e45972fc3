/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h - time and host of an envelope, for records inside that have none.
 *
 *     envelope_set(&e, doc, time, host);         // tape indexes of its members, 0 if absent
 *     envelope_add(&e, doc, time, 0);            // of a member of it: absent ones keep their value
 *     envelope_time(&e), envelope_host(&e)       // texts, "" if absent
 *
 * Threads: one at a time.
 */
#ifndef EVENT_RECORD_ENVELOPE_H
#define EVENT_RECORD_ENVELOPE_H

#include "base/buf.h"
#include "codec/json.h"

struct envelope {
    struct buf time, host;
};

void envelope_init(struct envelope *e);
void envelope_done(struct envelope *e);

void envelope_clear(struct envelope *e);
void envelope_copy(struct envelope *to, const struct envelope *from);

static inline bool envelope_is_empty(const struct envelope *e)
{
    return e->time.n == 0 && e->host.n == 0;
}

/* A string gives its characters and a number its text. Any other value counts as absent. */
void envelope_set(struct envelope *e, const struct doc *d, size_t time, size_t host);

/* As envelope_set, but absent members keep their earlier value. */
void envelope_add(struct envelope *e, const struct doc *d, size_t time, size_t host);

struct span envelope_time(const struct envelope *e);
struct span envelope_host(const struct envelope *e);

#endif
