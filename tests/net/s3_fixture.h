/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3_fixture.h - an S3 client, a scripted server, and a consumer that stores what it gets. For
 * test_s3.c and test_s3_resume.c.
 */
#ifndef TESTS_NET_S3_FIXTURE_H
#define TESTS_NET_S3_FIXTURE_H

#include "net/aws.h"

#include "net/fake_creds.h"
#include "net/s3.h"

#include <stdlib.h>

enum { BODY_MAX = 1 << 20, LONG_MS = 60000 };

/* What a consumer got. */
struct seen {
    struct buf body;
    struct s3_meta meta;
    int begins;
    enum err_kind refuse_begin, refuse_body;
    struct s3 *stop;                                 /* stop this client at the first byte */
    enum err_kind (*look)(void *ctx, struct err *e); /* NULL: none */
};

struct fixture {
    struct aws aws;
    struct s3_shared *shared;
    struct s3_settings settings;
    struct s3 *s3;
    int64_t failed_ms;
    struct creds_source creds;
    struct s3_object object;
    struct seen seen;
    struct err err;
};

static enum err_kind on_begin(void *ctx, const struct s3_meta *meta, struct err *e)
{
    struct seen *s = ctx;
    s->begins++;
    s->meta = *meta;
    buf_clear(&s->body);
    return s->refuse_begin == FAIL_NONE ? FAIL_NONE : err_set(e, s->refuse_begin, "not this one");
}

static enum err_kind on_bytes(void *ctx, struct span bytes, struct err *e)
{
    struct seen *s = ctx;
    buf_add(&s->body, bytes);
    if (s->stop != NULL) {
        s3_stop(s->stop);
    }
    return s->refuse_body == FAIL_NONE ? FAIL_NONE : err_set(e, s->refuse_body, "enough");
}

UNUSED static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    aws_init(&f->aws);
    f->shared = s3_shared_new();
    clock_manual_init(&f->aws.now, 0, 1767323045000);
    f->settings = (struct s3_settings){.endpoint = f->aws.endpoint,
                                       .connect_timeout_ms = LONG_MS,
                                       .idle_timeout_ms = LONG_MS,
                                       .clock = &f->aws.now.clock,
                                       .shared = f->shared};
    f->s3 = s3_new(&f->settings);
    f->object = (struct s3_object){.bucket = SPAN("cust-bucket"),
                                   .key = SPAN("logs/a b+c.gz"),
                                   .version_id = SPAN(""),
                                   .region = SPAN("eu-west-1"),
                                   .owner = SPAN("444455556666")};
    f->seen.body = (struct buf)BUF_INIT(BODY_MAX);
    *state = f;
    return 0;
}

UNUSED static int teardown(void **state)
{
    struct fixture *f = *state;
    s3_free(f->s3);
    s3_shared_free(f->shared);
    aws_done(&f->aws);
    buf_done(&f->seen.body);
    free(f);
    return 0;
}

UNUSED static enum err_kind get(struct fixture *f)
{
    struct s3_consumer to = {&f->seen, on_begin, on_bytes, &f->failed_ms, f->seen.look};
    return s3_get(f->s3, &f->object, &f->creds, &to, &f->err);
}

/* Add a response that promises `length` bytes, has only these, and then ends as given. */
UNUSED static void add_cut(struct fixture *f, const char *status, const char *headers,
                           size_t length, const char *body, enum reply_end end)
{
    struct buf text = BUF_INIT(BODY_MAX);
    buf_addf(&text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers, length,
             body);
    server_add(f->aws.server, (struct reply){.text = buf_span(&text), .end = end});
    buf_done(&text);
}

UNUSED static void add_error(struct fixture *f, const char *status, const char *headers,
                             const char *inner)
{
    struct buf body = BUF_INIT(BODY_MAX);
    buf_addf(&body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>%s</Error>", inner);
    server_add_answer(f->aws.server, status, headers, buf_span(&body));
    buf_done(&body);
}

#define ETAG "ETag: \"e1\"\r\n"
#define DATED "Last-Modified: Fri, 02 Jan 2026 03:04:05 GMT\r\n"
#define PART(first, last, total) "Content-Range: bytes " first "-" last "/" total "\r\n"

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
