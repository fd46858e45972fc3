/* SPDX-License-Identifier: Apache-2.0 */
/* action.h - event.action, and the source's own word for it (normalization.md §5). */
#ifndef EVENT_MAP_ACTION_H
#define EVENT_MAP_ACTION_H

#include "event/map/draft.h"

/* Decide on both, when the mapped fields and what follows from them are there. */
void draft_decide_action(struct draft *d);

#endif
