/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: what is read of it is valid, and an event that ops_event.h writes is read as written.
 */
#include "ops/ops_event.h"
#include "ops/ops_read.h"

#include "codec/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

/* Parts of the input as key and ETag. */
static void write_and_read(struct span text)
{
    size_t half = text.n / 2;
    struct span key = span_of(text.p, half);
    struct buf name = BUF_INIT(1 << 20), etag = BUF_INIT(1 << 20);
    struct buf data = BUF_INIT(1 << 22), out = BUF_INIT(1 << 22);
    struct ops_seen seen;
    buf_add(&name, SPAN("s3://bucket/"));
    buf_add(&name, key);
    buf_add(&etag, span_from(text, half));
    buf_add_byte(&etag, 'e');
    if (memchr(etag.p, '\0', etag.n) == NULL && key.n > 0) {
        struct ops_object o = {.customer = SPAN("acme"),
                               .name = buf_span(&name),
                               .etag = etag.p,
                               .version = "v",
                               .lag_ms = 5};
        ops_object_write(&data, &o);
        ops_event_write(&out, &(struct ops_stamp){.source = SPAN("s"), .now_ms = 1},
                        &(struct ops_event){.type = OPS_OBJECT_DONE,
                                            .customer = SPAN("acme"),
                                            .subject = buf_span(&name),
                                            .data = buf_span(&data)});
        bool read = ops_read(buf_span(&out), &seen);
        check(read || out.n > OPS_EVENT_BYTES);
        check(!read || seen.what == OPS_SAW_READ);
        check(!read || !utf8_valid(key) || span_eq(seen.key, key));
        check(!read || !utf8_valid(buf_span(&etag)) || span_eq(seen.etag, buf_span(&etag)));
        if (read) {
            ops_seen_done(&seen);
        }
    }
    buf_done(&name);
    buf_done(&etag);
    buf_done(&data);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ops_seen seen;
    struct span text = span_of((const char *)data, size);
    if (ops_read(text, &seen)) {
        check(seen.customer.n > 0 && seen.key.n > 0 && utf8_valid(seen.key));
        ops_seen_done(&seen);
    }
    write_and_read(text);
    return 0;
}
