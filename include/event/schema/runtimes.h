/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtimes.h - names of agent runtimes (event-schema.md §2.3), of log shippers (normalization.md
 * §4) and of opencode's events.
 */
#ifndef EVENT_SCHEMA_RUNTIMES_H
#define EVENT_SCHEMA_RUNTIMES_H

#include "base/span.h"

/*
 * The canonical name of a runtime for the name that a source gives it. A name that no rule matches
 * is returned unchanged. Empty for an empty name.
 */
struct span runtime_name(struct span name);

/* The i-th rule, for documents; `row` ends with NULL. False: no more. */
MUST_USE bool runtime_row(size_t i, bool *has, const char *const **row, const char **name);

/* The current name for a name that older versions of Beacon wrote (claude, codex, vscode,
 * antigravity); "" for all other names. */
struct span runtime_new_name(struct span name);

/* Whether it is the name of a program that forwards events and makes none: Filebeat, Vector, ... */
MUST_USE bool runtime_is_shipper(struct span name);

/* Whether the value of `type` is one of opencode's event names. */
MUST_USE bool runtime_opencode_type(struct span type);

#endif
