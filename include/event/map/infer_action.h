/* SPDX-License-Identifier: Apache-2.0 */
/*
 * infer_action.h - the action by what else the record holds (normalization.md §5, step 0 and steps
 * 4 to 6).
 */
#ifndef EVENT_MAP_INFER_ACTION_H
#define EVENT_MAP_INFER_ACTION_H

#include "event/map/draft.h"

/* Step 0: tables for Claude Code, Codex, metrics (event-schema.md §10.2). Empty: another record. */
struct span draft_action_by_runtime(struct draft *d);

/* Steps 4 to 6: by the fields that are there. Never empty. */
struct span draft_action_by_fields(struct draft *d);

#endif
