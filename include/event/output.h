/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - what the normalizer makes of a record: an event or a reject, ready to be produced.
 */
#ifndef EVENT_OUTPUT_H
#define EVENT_OUTPUT_H

#include "event/record/origin.h"

/* Everything in it is valid until the next call on the normalizer that made it. */
struct output {
    enum { OUTPUT_EVENT, OUTPUT_REJECT } kind;
    struct span value;         /* one JSON object, UTF-8, no newline */
    struct output_key key;     /* events only */
    enum reject_reason reason; /* rejects only */
    uint64_t count; /* rejects only: that it stands for; 1 but for one of several, and 0 for text
                       behind damage, for which another reject counts */
    uint64_t unread_bytes; /* bad_json: bytes of text in its extent that may have further values */
    const char *joined;   /* bad_json, line_too_long: data of another kind that follow text, static;
                             or NULL */
    uint64_t joined_at;   /* ... byte of the object at which they begin */
    uint64_t wrong_at;    /* bad_json over several lines: byte of the object; else 0 */
    bool has_objects;     /* no_known_field only: a member of it is an object, perhaps the event */
    bool plain_text;      /* no_known_field only: a text of it that may be a record is no JSON */
    bool passed_through;  /* events only: the bytes of the record are unchanged */
    bool text_replaced;   /* events only: invalid UTF-8 became U+FFFD */
    bool names_duplicate; /* events only: an object of the record had a name twice */
    bool members_dropped; /* events only: an envelope had members beside the record */
    bool time_from_object;   /* events only: the record had no time that could be used */
    struct span time_unread; /* ... and the value in its place, cut; "" if there is none */
    bool ordinal_forgotten;  /* the window of 2^14 hashes overflowed on this record */
};

enum { OUTPUT_SPANS = 8 };

/* All spans of an output, for code that keeps a copy. A new span of struct output belongs here. */
static inline void output_spans(struct output *o, struct span *spans[OUTPUT_SPANS])
{
    struct span *const all[OUTPUT_SPANS] = {&o->value,       &o->key.category, &o->key.harness,
                                            &o->key.session, &o->key.user,     &o->key.hostname,
                                            &o->key.action,  &o->time_unread};
    memcpy(spans, all, sizeof(all));
}

#endif
