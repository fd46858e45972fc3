/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwrapper_priv.h - declarations shared by the files of the unwrapper: unwrapper.c (one object:
 * its wrappers, one after another), unwrapper_list.c (lists of records, within a piece or divided
 * by the framing), unwrapper_others.c (records in a wrapper beside the one that is opened).
 */
#ifndef EVENT_UNWRAPPER_PRIV_H
#define EVENT_UNWRAPPER_PRIV_H

#include "event/unwrapper.h"

static inline struct pathset *unwrapper_names(struct unwrapper *u)
{
    return event_maker_names(u->maker);
}

static inline struct record_stated unwrapper_states(struct unwrapper *u, const struct doc *d,
                                                    size_t at, const struct record_index *index)
{
    return event_maker_states(u->maker, d, at, index, u->rules);
}

/* ---- unwrapper.c ---- */

/* Whether there are members that are neither the record, or the list, nor its time and host. */
bool unwrapper_has_others(const struct value *v, size_t time, size_t host);

/* Members of a wrapper are dropped, unless it has only what is opened and its time and host. */
void unwrapper_drop_members(struct unwrapper *u, const struct unwrap *w, const struct value *v);

/* ---- unwrapper_list.c ---- */

/*
 * Whether it is a list of records (normalization.md §2, rule 2f): one of them is a record, and if
 * the object itself states an event, an event.
 */
bool unwrapper_is_list(struct unwrapper *u, const struct unwrap *w,
                       const struct record_index *index, const struct value *v);

/* Read the elements of the list w->list next. level: number of wrappers around v. */
void unwrapper_open_list(struct unwrapper *u, const struct unwrap *w, int level,
                         const struct value *v);

/* ---- unwrapper_others.c ---- */

/* A name of the record as it may stand in a detail: short, and without secrets. */
struct shown_name {
    char text[33];
};
struct shown_name unwrapper_show(struct span name);

/* Whether the object is a record, or an envelope around records. */
bool unwrapper_leads(struct unwrapper *u, const struct doc *d, size_t at);

/* Whether an element of the list, or of a list in it, leads to a record. */
bool unwrapper_list_leads(struct unwrapper *u, const struct doc *d, size_t list);

/* Whether an element states an event, or is an envelope or a Beacon-shaped record. `timed`: of an
 * element that states one, whether it has a time, too. */
bool unwrapper_list_states(struct unwrapper *u, const struct doc *d, size_t list, bool timed);

/*
 * One value of the wrapper v is opened: the one at `chosen`, a member of v or of an object in it. A
 * record in any other member becomes a reject (normalization.md §2, "What is rejected"), which is
 * the next output. Returns whether the reader that does not hold v was used.
 */
bool unwrapper_note_others(struct unwrapper *u, const struct unwrap *w, const struct value *v,
                           size_t chosen);

/* The same for the members after `chosen` only. True: there are records, or an event, in them. */
bool unwrapper_note_later(struct unwrapper *u, const struct value *v, size_t chosen);

#endif
