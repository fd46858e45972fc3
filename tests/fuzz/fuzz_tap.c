/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a tap, divided by newlines, and a record: what is shown is a line without a secret
 * form. */
#include "base/own.h"
#include "codec/json.h"
#include "codec/secret.h"
#include "ops/tap.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span next_part(struct span *rest)
{
    const char *end = rest->n != 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    struct span part = span_take(rest, end != NULL ? (size_t)(end - rest->p) : rest->n);
    (void)span_take(rest, end != NULL);
    return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of((const char *)data, size);
    struct span customer = next_part(&rest);
    struct span where = next_part(&rest);
    struct span rate = next_part(&rest);
    struct tap_wish w;
    if (tap_read(customer, SPAN(""), where, rate, &w) != NULL) {
        return 0;
    }
    assert(w.rate >= 1 && w.rate <= TAP_RATE_MAX && w.customer.n != 0);
    struct tap *t = tap_new();
    struct buf out = BUF_INIT(4 * TAP_BYTES);
    uint64_t id = tap_start(t, &w, 0);
    OWNED(json_reader) struct json_reader *r = json_reader_new(1024 * 1024);
    bool matches = tap_matches(r, &w, rest);
    tap_offer(t, &(struct tap_record){customer, rest, false}, 0);
    assert(tap_take(t, id, 0, &out));
    assert(!out.overflowed && span_starts(buf_span(&out), SPAN("dropped ")));
    struct span shown = buf_span(&out);
    (void)next_part(&shown);
    assert(shown.n == 0 || matches || w.member.n == 0);
    tap_free(t);
    buf_done(&out);
    return 0;
}
