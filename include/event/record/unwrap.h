/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwrap.h - where the record is in what a forwarder wrote (normalization.md §2, rules 1 to 2).
 *
 * One object is examined at a time. The unwrapper reads the texts and continues inside.
 */
#ifndef EVENT_RECORD_UNWRAP_H
#define EVENT_RECORD_UNWRAP_H

#include "event/record/record_index.h"

struct rules;

enum {
    UNWRAP_LEVELS = 3, /* most wrappers around each other */
    UNWRAP_TEXTS = 11, /* members that may hold a record as a text */
};

/* A member whose text may be a record. */
struct unwrap_text {
    struct span text;
    struct span member; /* its name */
    size_t at;          /* its tape index */
    size_t object;      /* the object that it is a member of */
};

/* What was recognized; the first of must, texts, at and list that leads to a record counts. */
struct unwrap {
    bool must;   /* an envelope whose member `member` must be an object, as a text or itself */
    bool base64; /* ... as a text in base64 */
    const char *nothing; /* ... an envelope without a record: why; else NULL */
    bool skip;           /* ... which is what its platform sends itself, and needs no record */
    bool vector;         /* ... Vector's, which counts although the object is Beacon-shaped */
    struct span member;
    struct unwrap_text texts[UNWRAP_TEXTS]; /* that may be a record; with must: at most one */
    size_t count;
    size_t at;         /* the object to continue with, 0 if there is none */
    size_t list;       /* the list whose elements are records, 0 if there is none */
    bool messages;     /* of log events, whose member message is the record */
    bool others;       /* an object on the path to `at` has other members, too */
    bool path;         /* `at` is at the end of one of the customer's paths */
    bool json;         /* `at` is a line that Filebeat has decoded; `texts` may have it, too */
    size_t time, host; /* beside the record, 0 if there is none */
};

/* Examine an object whose vendor is not Beacon. rules: of the customer, NULL: none. */
void unwrap_look(const struct doc *d, size_t at, const struct record_index *index,
                 const struct rules *rules, struct unwrap *u);

/*
 * The first object at the end of one of the customer's paths; 0: there is none. *others: whether an
 * object on the path, below the first one, has other members.
 */
size_t unwrap_customers(const struct doc *d, size_t at, const struct rules *rules, bool *others);

/* Whether all members of the object have names of ECS's field set `event`. */
bool unwrap_is_ecs_event(const struct doc *d, size_t at);

/* Whether a list, or a list in it, has an object. */
bool unwrap_list_has_object(const struct doc *d, size_t list);

/* Examine an element of a list of log events. */
void unwrap_log_event(const struct doc *d, size_t at, const struct record_index *index,
                      struct unwrap *u);

#endif
