/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair_defaults_priv.h - required values that the record does not state, derived from what it
 * states (normalization.md §5, §6 and §8).
 */
#ifndef EVENT_REPAIR_REPAIR_DEFAULTS_PRIV_H
#define EVENT_REPAIR_REPAIR_DEFAULTS_PRIV_H

#include "repair_state_priv.h"

/* The action: of the member, else by what the record holds (normalization.md §5, step 5). */
struct span repair_action(const struct repair_state *r);

/* The category: a known word of a list, else by the action. "" if the action has none. */
struct span repair_category(const struct repair_state *r);

struct span repair_severity(const struct repair_state *r);

/*
 * The time in RFC 3339: of the value at `at` (0: none) if it is plausible, else of the envelope,
 * else of the object. *own: it is the value's.
 */
struct span repair_time(struct repair_state *r, size_t at, bool *own);

#endif
