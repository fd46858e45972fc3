/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.sample: whether the customer's objects are events. Only the beginning of the newest one is
 * read, by the function that the caller of the room gives.
 */
#include "verify_priv.h"

enum { OBJECT_BYTES = 8192 };

static void sample_bytes(const struct verify_subject *s, const struct s3_peek *peek,
                         struct verify_line *out)
{
    struct buf object = BUF_INIT(OBJECT_BYTES);
    buf_addf(&object, "s3://%s/%s", s->customer->bucket, s->newest.key);
    out->state =
        s->parts->sample(&(struct verify_sample){.conf = s->parts->conf,
                                                 .customer = s->customer,
                                                 .object = buf_span(&object),
                                                 .bytes = peek->body,
                                                 .modified_ns = s->newest.modified_ns,
                                                 .cut = s->newest.size > (int64_t)peek->body.n},
                         out->found);
    buf_done(&object);
}

void check_format_sample(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    struct s3_peek peek;
    if (!line_needs_object(s, out, VERIFY_SKIP)) {
        return;
    }
    if (!s->newest.read) {
        line_set(out, VERIFY_SKIP, "the object cannot be read");
        return;
    }
    line_tried(out, "GET of the first %d KiB of s3://%s/%s", S3_PEEK_BYTES / 1024,
               s->customer->bucket, s->newest.key);
    struct s3_object o = subject_object(s, span_of(s->newest.key, s->newest.key_bytes));
    enum err_kind kind = s3_peek(s->s3, &o, s->reader, S3_PEEK_BYTES, &peek, &e);
    if (kind == FAIL_NONE) {
        sample_bytes(s, &peek, out);
    } else if (kind == FAIL_GONE) {
        line_set(out, VERIFY_WARN, "the object was removed meanwhile: verify again");
    } else {
        line_failed(out, &e);
    }
}
