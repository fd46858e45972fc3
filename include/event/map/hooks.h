/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hooks.h - which agent wrote the payload of a hook. Agents differ in the spelling of their hooks'
 * names and in the members beside them (normalization.md §7).
 */
#ifndef EVENT_MAP_HOOKS_H
#define EVENT_MAP_HOOKS_H

#include "base/span.h"

struct lookup;

/* The runtime whose hook wrote the record; empty if it is unknown. */
struct span runtime_of_hook(const struct lookup *l);

#endif
