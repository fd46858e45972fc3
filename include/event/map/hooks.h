/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.h - payloads that agents give to their hooks: which agent it was. */
#ifndef EVENT_MAP_HOOKS_H
#define EVENT_MAP_HOOKS_H

#include "base/span.h"

struct lookup;

/* The runtime whose hook wrote this record, empty if nothing tells. */
struct span runtime_of_hook(const struct lookup *l);

#endif
