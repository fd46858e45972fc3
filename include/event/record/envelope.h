/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h - what an envelope says that serves a record inside without it: a time and a host.
 *
 *     envelope_set(&e, doc, time, host);         // tape indexes of its members, 0 if absent
 *     envelope_time(&e), envelope_host(&e)       // texts, "" if absent
 *
 * Threads: one at a time.
 */
#ifndef EVENT_RECORD_ENVELOPE_H
#define EVENT_RECORD_ENVELOPE_H

#include "base/buf.h"
#include "codec/json.h"

struct envelope {
    struct buf text; /* time, then host */
    size_t time_bytes;
};

void envelope_init(struct envelope *e);
void envelope_done(struct envelope *e);

void envelope_clear(struct envelope *e);
void envelope_copy(struct envelope *to, const struct envelope *from);

/* A string counts with its characters, a number with its text, anything else as absent. */
void envelope_set(struct envelope *e, const struct doc *d, size_t time, size_t host);

struct span envelope_time(const struct envelope *e);
struct span envelope_host(const struct envelope *e);

#endif
