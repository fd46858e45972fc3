/* SPDX-License-Identifier: Apache-2.0 */
/* repair_value_priv.h - what becomes of the value of one member. */
#ifndef EVENT_REPAIR_REPAIR_VALUE_PRIV_H
#define EVENT_REPAIR_REPAIR_VALUE_PRIV_H

#include "repair_state_priv.h"

/*
 * Decide on the value at `at`, of a member that is no object. REPAIR_REPLACE: *json is the new
 * value. What is lost is in raw.replaced.
 */
enum repair_outcome repair_value(struct repair_state *r, const struct member *m, size_t at,
                                 struct span *json);

#endif
