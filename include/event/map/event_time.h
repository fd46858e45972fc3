/* SPDX-License-Identifier: Apache-2.0 */
/* event_time.h - when it happened (normalization.md §8). */
#ifndef EVENT_MAP_EVENT_TIME_H
#define EVENT_MAP_EVENT_TIME_H

#include "event/map/draft.h"

/* Decide on the time: of the record, else of the envelope, else of the object. */
void draft_decide_time(struct draft *d);

#endif
