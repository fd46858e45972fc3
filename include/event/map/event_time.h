/* SPDX-License-Identifier: Apache-2.0 */
/* event_time.h - when it happened (normalization.md §8). */
#ifndef EVENT_MAP_EVENT_TIME_H
#define EVENT_MAP_EVENT_TIME_H

#include "event/map/draft.h"

/*
 * {"seconds":..,"nanos":..}, numbers or their texts, as protobuf writes a time. nanos: 0 if there
 * are none. False: one of them is out of range.
 */
MUST_USE bool event_time_of_pair(const struct doc *d, size_t seconds, size_t nanos,
                                 struct timestamp *t);

/* Decide on the time: of the record, else of the envelope, else of the object. */
void draft_decide_time(struct draft *d);

#endif
