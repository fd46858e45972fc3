/* SPDX-License-Identifier: Apache-2.0 */
/* derived_fields.h - fields that follow from other fields, or from the action (normalization.md).
 */
#ifndef EVENT_MAP_DERIVED_FIELDS_H
#define EVENT_MAP_DERIVED_FIELDS_H

#include "event/map/draft.h"

/* What follows from the mapped fields: MCP's server and tool, origin, defaults. */
void draft_derive(struct draft *d);

/* What follows from the action, which is decided by then: prompt, command, MCP's server, usage. */
void draft_derive_by_action(struct draft *d);

#endif
