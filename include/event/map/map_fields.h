/* SPDX-License-Identifier: Apache-2.0 */
/* map_fields.h - values that a record has become fields, by the alias table (normalization.md §3).
 */
#ifndef EVENT_MAP_MAP_FIELDS_H
#define EVENT_MAP_MAP_FIELDS_H

#include "event/map/draft.h"

/*
 * Fill a field from the customer's constant, the customer's paths, or the alias row, converted to
 * its type. Without a value that it takes, it becomes empty.
 */
void draft_map_field(struct draft *d, enum field f);

/* The same for each field that may have a value, but for those decided later. */
void draft_map_fields(struct draft *d);

#endif
