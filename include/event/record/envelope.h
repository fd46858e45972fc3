/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h - what an envelope says that serves a record inside without it: a time and a host.
 *
 *     envelope_set(&e, doc, time, host);         // tape indexes of its members, 0 if absent
 *     envelope_add(&e, doc, time, 0);            // of a member of it: what is absent stays
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

/* A string counts with its characters, a number with its text, anything else as absent. */
void envelope_set(struct envelope *e, const struct doc *d, size_t time, size_t host);

/* The same, but what is absent remains as it was. */
void envelope_add(struct envelope *e, const struct doc *d, size_t time, size_t host);

struct span envelope_time(const struct envelope *e);
struct span envelope_host(const struct envelope *e);

#endif
