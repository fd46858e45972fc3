/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_id.h - whether a text that an event has as its own id can be unique (kafka-contract.md §3).
 *
 * "1", "evt-7" and "<none>" are ids within one process or one file, if at all. The identity of an
 * event depends on event.id alone only if two events hardly ever have the same one.
 */
#ifndef EVENT_RECORD_OWN_ID_H
#define EVENT_RECORD_OWN_ID_H

#include "base/span.h"

/*
 * True for
 * - at least 16 characters with an ASCII digit and an ASCII letter among them,
 * - a UUID of RFC 9562 (versions 1 to 8; the nil and the max UUID are none), in any case,
 * - a ULID of the years 2000 to 2099, in any case.
 */
bool own_id_is_unique(struct span id);

#endif
