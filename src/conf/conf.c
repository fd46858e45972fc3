/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

#include "base/buf.h"

const struct customer_conf *conf_customer(const struct conf *c, struct span id)
{
    for (size_t i = 0; i < c->customer_count; i++) {
        if (span_eq(span_str(c->customers[i].id), id)) {
            return &c->customers[i];
        }
    }
    return NULL;
}

void queue_conf_identity(const struct queue_conf *q, struct buf *out)
{
    const char *const parts[] = {q->name, q->url, q->region};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_add(out, span_str(parts[i] != NULL ? parts[i] : ""));
        buf_add_byte(out, '\n');
    }
}
