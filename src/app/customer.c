/* SPDX-License-Identifier: Apache-2.0 */
#include "app/customer.h"

#include "app/app.h"
#include "app/print.h"

void customer_limits(const struct conf *c, const struct customer_conf *customer,
                     struct records_options *o)
{
    o->normalize.line_bytes = c->limits.line_bytes;
    o->normalize.sample_bytes = c->rejects.sample_bytes;
    if (c->limits.event_bytes != 0) {
        o->normalize.event_bytes = c->limits.event_bytes;
    }
    o->output = (struct reading_limits){customer->output_ratio, customer->output_record_bytes};
    o->accept_unreadable = customer->unreadable == ABSENT_ACCEPT;
    o->reject_share = c->limits.reject_share;
    o->decode.object_bytes = c->limits.object_bytes;
    o->decode.ratio = c->limits.ratio;
    o->decode.zstd_window_bytes = c->limits.zstd_window_bytes;
}

struct conf *customer_load(const char *config, const char *id, struct records_options *o,
                           const struct rules **rules)
{
    struct conf *c = app_load_conf(config, false);
    const struct customer_conf *customer = c != NULL ? conf_customer(c, span_str(id)) : NULL;
    if (customer == NULL) {
        if (c != NULL) {
            print_line(stderr, "customer %s is not in the configuration", id);
        }
        conf_free(c);
        return NULL;
    }
    *rules = customer->rules;
    customer_limits(c, customer, o);
    return c;
}
