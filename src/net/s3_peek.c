/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/url.h"
#include "s3_priv.h"

#include <stdio.h>

enum { QUERY_BYTES = 8 * 1024, RANGE_BYTES = 40 };

static void read_answer(struct s3 *s, struct s3_peek *out, size_t bytes)
{
    struct s3_head head;
    const struct http_answer *a = &s->answer;
    s3_head_read(&head, buf_span(&a->head));
    out->meta = (struct s3_meta){.version_is_etag = head.version[0] == '\0',
                                 .modified_ns = head.modified_ns,
                                 .length = head.length};
    s3_head_name(&head, out->meta.version);
    err_copy(out->encryption, sizeof(out->encryption),
             http_field(a, "x-amz-server-side-encryption"));
    err_copy(out->kms_key, sizeof(out->kms_key),
             http_field(a, "x-amz-server-side-encryption-aws-kms-key-id"));
    out->body = buf_span(&a->body); /* a server may have ignored the range */
    out->body.n = out->body.n < bytes ? out->body.n : bytes;
}

enum err_kind s3_peek(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                      size_t bytes, struct s3_peek *out, struct err *e)
{
    struct fault f;
    char range[RANGE_BYTES];
    struct buf query = BUF_INIT(QUERY_BYTES);
    *out = (struct s3_peek){.body = SPAN("")};
    err_clear(e);
    if (s3_object_check(o, e) != FAIL_NONE) {
        return e->kind;
    }
    (void)snprintf(range, sizeof(range), "bytes=0-%zu", bytes - 1);
    const struct http_header header = {SPAN("Range"), span_str(range)};
    if (o->version_id.n > 0) {
        buf_add(&query, SPAN("versionId="));
        url_encode(&query, o->version_id);
    }
    struct s3_call c = {.method = "GET",
                        .object = o,
                        .key = o->key,
                        .query = buf_span(&query),
                        .headers = &header,
                        .header_count = 1,
                        .creds = creds};
    enum err_kind kind = query.overflowed ? err_set(e, FAIL_DATA, "s3: the version id is too long")
                                          : s3_send(s, &c, &f, e);
    buf_done(&query);
    if (kind == FAIL_NONE) {
        read_answer(s, out, bytes);
    } else {
        err_copy(out->denied, sizeof(out->denied), span_str(f.action));
    }
    return kind;
}
