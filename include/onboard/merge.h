/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge.h - adds a customer's entry to the notifications that a bucket has.
 *
 *     kind = merge_notifications(current, render_notification(r), id, &out, e);
 *
 * S3 replaces all notifications of a bucket when they are set, so the result is the complete
 * document. Entries with the id are replaced, all others stay as they are, in their order.
 * Threads: no state.
 */
#ifndef ONBOARD_MERGE_H
#define ONBOARD_MERGE_H

#include "base/buf.h"
#include "base/err.h"

struct json_object; /* of json-c */

/*
 * `current`: the answer of get-bucket-notification-configuration; it is empty if there are none.
 * FAIL_DATA: it is not one. FAIL_CONFIG: S3 would refuse the result, since another entry for the
 * same events has an overlapping prefix and suffix; the text names it.
 */
MUST_USE enum err_kind merge_notifications(struct span current, struct json_object *add,
                                           struct span id, struct buf *out, struct err *e);

#endif
