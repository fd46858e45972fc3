/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/ops_read.h"

#include "ops/ops_event.h"

enum { CONTAINERS = 64 };

static bool read_what(struct span type, struct span result, enum ops_what *what)
{
    if (span_eq(type, SPAN(OPS_OBJECT_DONE))) {
        *what = span_eq(result, SPAN("read")) ? OPS_SAW_READ : OPS_SAW_ACCEPTED;
        return true;
    }
    *what = span_eq(type, SPAN(OPS_OBJECT_LEFT)) ? OPS_SAW_LEFT : OPS_SAW_LATER;
    return *what == OPS_SAW_LEFT || span_eq(type, SPAN(OPS_OBJECT_LATER));
}

bool ops_read(struct span text, struct ops_seen *out)
{
    static const struct control_limits limits = {OPS_EVENT_BYTES, CONTAINERS};
    struct err e;
    struct span type = SPAN(""), result = SPAN("");
    *out = (struct ops_seen){.lag_ms = -1, .doc = control_read(text, &limits, &e)};
    struct json_object *root = out->doc != NULL ? control_root(out->doc) : NULL;
    struct json_object *data = control_at(root, "data");
    (void)control_text(control_at(root, "type"), &type);
    (void)control_text(control_at(data, "result"), &result);
    (void)control_text(control_at(data, "customer"), &out->customer);
    (void)control_text(control_at(data, "bucket"), &out->bucket);
    (void)control_text(control_at(data, "key"), &out->key);
    (void)control_text(control_at(data, "etag"), &out->etag);
    (void)control_text(control_at(data, "version"), &out->version);
    (void)control_text(control_at(data, "queue"), &out->queue);
    (void)control_int(control_at(data, "lag_ms"), &out->lag_ms);
    if (!read_what(type, result, &out->what) || out->customer.n == 0 || out->key.n == 0) {
        ops_seen_done(out);
        return false;
    }
    return true;
}

void ops_seen_done(struct ops_seen *s)
{
    control_free(s->doc);
    s->doc = NULL;
}
