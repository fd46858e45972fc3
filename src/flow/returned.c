/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/returned.h"

#include "base/alloc.h"
#include "customers/filter.h"
#include "flow/folder.h"
#include "ops/ops.h"

#include <stdlib.h>

enum { NAME_BYTES = NOTIFICATION_KEY_BYTES + NOTIFICATION_TEXT_BYTES + 16 };

void returned_object(const struct inflight *m, const struct customer *c,
                     const struct notification_record *record, const struct err *why,
                     const struct clock *clock)
{
    struct ops *ops = customer_ops(c);
    int64_t lag_ms = 0, least_ms = 0;
    if (ops == NULL) {
        return;
    }
    struct buf name = BUF_INIT(NAME_BYTES);
    buf_add(&name, SPAN("s3://"));
    buf_add(&name, record->bucket);
    buf_add(&name, SPAN("/"));
    buf_add(&name, record->key);
    char *version = mem_text_of(record->version_id.n != 0 ? record->version_id : record->etag);
    char *etag = mem_text_of(record->etag);
    bool known = inflight_lag(m, clock, &lag_ms, &least_ms);
    ops_object_ended(ops, OPS_OBJECT_LATER,
                     &(struct ops_object){.customer = c->id,
                                          .name = buf_span(&name),
                                          .later = true,
                                          .version = version,
                                          .etag = etag,
                                          .lag_ms = known ? lag_ms : -1,
                                          .queue = m->queue_name,
                                          .message_id = m->id,
                                          .receive_count = m->receive_count,
                                          .err = why});
    free(version);
    free(etag);
    buf_done(&name);
}

void returned_message(const struct inflight *m, struct customers *all, const struct err *why,
                      const struct clock *clock)
{
    const struct notification *n = m->notification;
    size_t count = n != NULL && customers_have_ops(all) ? n->count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct notification_record *r = &n->records[i];
        struct customer *c = r->what == NOTIFICATION_CREATED
                                 ? customers_find(all, m->queue, r->bucket, r->key, n->form)
                                 : NULL;
        bool read = c != NULL && !filter_ignores(c->conf, r->key) &&
                    !(r->size <= 0 && folder_named(r->key));
        if (read) {
            returned_object(m, c, r, why, clock);
        }
        customer_release(c);
    }
}
