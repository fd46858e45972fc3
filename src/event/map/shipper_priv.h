/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shipper_priv.h - which members of a record its log shipper has written (normalization.md §4,
 * "Members of a shipper"). They are no fields of the event.
 */
#ifndef EVENT_MAP_SHIPPER_PRIV_H
#define EVENT_MAP_SHIPPER_PRIV_H

#include "codec/json.h"

/*
 * Of the ALIAS_OWN_ bits in `own` those whose paths the shipper has written in the object at `at`.
 * `who`: the object also has a user, a session or a tool.
 */
unsigned shipper_wrote(const struct doc *d, size_t at, unsigned own, bool who);

/*
 * Whether a member of a record of journald is of the journal, by its name: a trusted field, which
 * begins with '_', or one of systemd's and logind's. The name of the host is also that of the
 * event. So are the members of Docker's GELF driver, and those of NXLog about the log's source.
 */
bool shipper_is_journal_field(struct span name);

#endif
