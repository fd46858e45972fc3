/* SPDX-License-Identifier: Apache-2.0 */
#include "app/customer.h"

#include "app/app.h"
#include "app/print.h"
#include "base/buf.h"
#include "customers/filter.h"

enum { PREFIX_BYTES = 8192 };

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

/* Its key below the customer's prefix, with the slash before it; "": it is not below the prefix. */
static struct span key_below(const struct customer_conf *customer, struct span object)
{
    struct buf prefix = BUF_INIT(PREFIX_BYTES);
    buf_addf(&prefix, "s3://%s/%s", customer->bucket, customer->prefix);
    struct span below =
        span_starts(object, buf_span(&prefix)) ? span_from(object, prefix.n) : SPAN("");
    buf_done(&prefix);
    return below.n > 0 && *below.p == '/' ? below : SPAN("");
}

bool customer_leaves_out(const struct customer_conf *customer, const char *object, const char *path,
                         struct buf *words)
{
    struct buf name = BUF_INIT(PREFIX_BYTES);
    buf_addf(&name, "%s%s", *path == '/' ? "" : "/", path);
    bool known = object != NULL && span_starts(span_str(object), SPAN("s3://"));
    struct span below = known ? key_below(customer, span_str(object)) : buf_span(&name);
    bool nameless = !known && span_eq(span_str(path), SPAN("-"));
    const char *key = below.n > 0 && !nameless ? filter_key(customer, below) : NULL;
    if (known && below.n == 0) {
        buf_addf(words,
                 "the worker does not read it for this customer: %s is not below s3://%s/%s/",
                 object, customer->bucket, customer->prefix);
    } else if (key != NULL) {
        buf_addf(words, "the worker does not read it: the customer's %s leaves out %s", key,
                 known ? "this key" : "objects of this name (--object tells the key)");
    }
    buf_done(&name);
    return known && words->n > 0;
}

struct conf *customer_load(const char *config, const char *id, struct records_options *o,
                           const struct rules **rules)
{
    struct conf *c = app_load_conf(config);
    const struct customer_conf *customer = c != NULL ? conf_customer(c, span_str(id)) : NULL;
    if (customer == NULL) {
        if (c != NULL) {
            print_line(stderr,
                       "customer %s is not in the configuration; --customer names one of it", id);
        }
        conf_free(c);
        return NULL;
    }
    *rules = customer->rules;
    customer_limits(c, customer, o);
    return c;
}
