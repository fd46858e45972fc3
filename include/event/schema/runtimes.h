/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtimes.h - names of agent runtimes (event-schema.md §2.3), of log shippers
 * (normalization.md §4), and which runtime a hook payload comes from (normalization.md §7).
 */
#ifndef EVENT_SCHEMA_RUNTIMES_H
#define EVENT_SCHEMA_RUNTIMES_H

#include "base/span.h"

/*
 * The canonical name for what a source calls its runtime. A name of the newer list stays what
 * it is; one that no rule knows comes back as given. Empty for an empty name.
 */
struct span runtime_name(struct span name);

/* For documents: the i-th rule; `row` ends with NULL. False: no more. */
MUST_USE bool runtime_row(size_t i, bool *has, const char *const **row, const char **name);

/* claude, codex, vscode, antigravity: names of old Beacon versions. Else an empty span. */
struct span runtime_old_name(struct span name);

/* Filebeat, Vector, an OpenTelemetry SDK, ...: carries events, never makes them. */
MUST_USE bool runtime_is_shipper(struct span name);

/* Whether the value of `type` is one of opencode's event names. */
MUST_USE bool runtime_opencode_type(struct span type);

#endif
