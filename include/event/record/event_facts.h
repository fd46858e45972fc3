/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_facts.h - what is known of a finished event besides its text: for the member `ingest` and
 * for the key of its Kafka record.
 *
 * Each of the three paths fills it: pass-through, repair and rebuild.
 */
#ifndef EVENT_RECORD_EVENT_FACTS_H
#define EVENT_RECORD_EVENT_FACTS_H

#include "codec/timestamp.h"
#include "event/record/origin.h"

enum { TIME_UNREAD_BYTES = 80 };

/* Spans are valid until the next event of the same path, or until the document's reader is used. */
struct event_facts {
    struct output_key key;   /* all but id */
    enum time_quality time;  /* ingest.time */
    bool time_from_envelope; /* the record has no usable time; that of its envelope counts */
    struct span action;      /* ingest.action: the source's own word, "" if the action is its own */
    struct span repository;  /* ingest.repository as derived (repository.h), "" if none */
    struct span actor;       /* ingest.actor, "" if none */

    /* With TIME_FROM_OBJECT: the value in place of the time, characters or JSON, cut to
     * TIME_UNREAD_BYTES; "" if nothing does. Valid until the next event. */
    struct span time_unread;
};

/* Of an event that states its time exactly, and nothing else. The id is not touched. */
static inline void event_facts_clear(struct event_facts *f)
{
    const struct span none = {"", 0};
    output_key_clear(&f->key);
    f->time = TIME_EXACT;
    f->time_from_envelope = false;
    f->action = none;
    f->repository = none;
    f->actor = none;
    f->time_unread = none;
}

#endif
