/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_id.h - whether an event's own id is of a form that can be unique (kafka-contract.md §3).
 *
 * "1", "evt-7" and "<none>" are unique within one process or one file at most. The identity of an
 * event is derived from event.id alone only if two events almost never have the same one.
 */
#ifndef EVENT_RECORD_OWN_ID_H
#define EVENT_RECORD_OWN_ID_H

#include "base/span.h"

/*
 * True for
 * - at least 16 characters with an ASCII digit and an ASCII letter among them,
 * - a UUID of RFC 9562 (versions 1 to 8; not the nil and max UUIDs), in any case,
 * - a ULID of the years 2000 to 2099, in any case.
 */
bool own_id_is_unique(struct span id);

#endif
