/* SPDX-License-Identifier: Apache-2.0 */
#include "settle/sqs/receive.h"

#include "base/log.h"

#include <stdio.h>

enum { OBJECT_BYTES = 1200 };

void receive_log(const char *queue, const struct inflight *m, struct receive r)
{
    char object[OBJECT_BYTES] = "";
    if (m->notification != NULL && m->notification->count != 0) {
        const struct notification_record *record = &m->notification->records[0];
        (void)snprintf(object, sizeof(object), "s3://%.*s/%.*s", SPAN_FMT(record->bucket),
                       SPAN_FMT(record->key));
    }
    struct log_kv of = KV_SET_SPAN("object", span_str(object));
    if (r.held_ms >= 0) {
        log_write(LOG_WARN, "message received again while in progress", KV_STR("queue", queue),
                  KV_STR("message_id", m->id), of, KV_INT("receive_count", m->receive_count),
                  KV_INT("held_s", r.held_ms / 1000),
                  KV_STR("next", "its records may be produced twice with the same ingest.id"));
    } else if (r.early_ms > 0) {
        log_write(LOG_INFO, "message received before its delay ended", KV_STR("queue", queue),
                  KV_STR("message_id", m->id), of, KV_INT("receive_count", m->receive_count),
                  KV_INT("early_s", r.early_ms / 1000));
    }
}
