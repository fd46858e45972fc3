/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/notification.h"
#include "codec/notification_write.h"

static struct notification_draft draft_of(struct span key)
{
    return (struct notification_draft){
        .bucket = SPAN("acme-logs"),
        .key = key,
        .etag = SPAN("9b2cf535f27731c974343645a3985328"),
        .region = SPAN("eu-west-1"),
        .job = SPAN("5f0c2d1e"),
        .size = 12345,
        .modified_ns = 1780000000123000000,
    };
}

/* Write a draft and read it again; the caller frees the result. */
static struct notification *round_trip(const struct notification_draft *d)
{
    struct err e = {0};
    struct buf body = BUF_INIT(NOTIFICATION_DRAFT_BYTES);
    notification_write(&body, d);
    assert_false(body.overflowed);
    struct notification *n = notification_read(buf_span(&body), &e);
    if (n == NULL) {
        print_error("%s\n%.*s\n", e.text, SPAN_FMT(buf_span(&body)));
    }
    assert_non_null(n);
    buf_done(&body);
    return n;
}

static void a_written_one_is_read_as_the_same_object_and_marked(void **state UNUSED)
{
    struct notification_draft d = draft_of(SPAN("a/b.jsonl"));
    OWNED(notification) struct notification *n = round_trip(&d);
    assert_true(n->backfill);
    assert_int_equal(n->form, NOTIFICATION_S3);
    assert_int_equal(n->count, 1);
    const struct notification_record *r = n->records;
    assert_int_equal(r->what, NOTIFICATION_CREATED);
    assert_span_equal(r->bucket, d.bucket);
    assert_span_equal(r->key, d.key);
    assert_span_equal(r->etag, d.etag);
    assert_span_equal(r->region, d.region);
    assert_int_equal(r->version_id.n, 0);
    assert_int_equal(r->size, d.size);
    assert_int_equal(r->event_ms, d.modified_ns / 1000000);
}

static void hostile_keys_come_back_byte_by_byte(void **state UNUSED)
{
    static const struct span keys[] = {
        SPAN_INIT("a b+c%2B%zz"),
        SPAN_INIT("\"},\"asymptote:backfill\":0,\"x\":\"\\"),
        SPAN_INIT("../../etc/passwd"),
        SPAN_INIT("line\nfeed\r\x01\x1f\x7f"),
        SPAN_INIT("\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87/\xe9\x8d\xb5/\xf0\x9f\x94\x91"),
        SPAN_INIT("$(rm -rf *);`x`&&<a href='x'>"),
        SPAN_INIT("nul\0in the middle"),
        SPAN_INIT("/"),
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct notification_draft d = draft_of(keys[i]);
        OWNED(notification) struct notification *n = round_trip(&d);
        assert_span_equal(n->records[0].key, keys[i]);
        assert_int_equal(n->stray_percents, 0);
    }
}

static void the_longest_key_fits(void **state UNUSED)
{
    struct buf key = BUF_INIT(NOTIFICATION_KEY_BYTES);
    for (size_t i = 0; i < NOTIFICATION_KEY_BYTES; i += 2) {
        buf_add(&key, SPAN("\xd0\xba"));
    }
    struct notification_draft d = draft_of(buf_span(&key));
    OWNED(notification) struct notification *n = round_trip(&d);
    assert_span_equal(n->records[0].key, buf_span(&key));
    buf_done(&key);
}

static void what_is_not_known_is_left_out(void **state UNUSED)
{
    struct notification_draft d = draft_of(SPAN("a"));
    d.etag = SPAN("");
    d.size = -1;
    d.modified_ns = 0;
    OWNED(notification) struct notification *n = round_trip(&d);
    assert_int_equal(n->records[0].size, -1);
    assert_int_equal(n->records[0].event_ms, 0);
    assert_int_equal(n->records[0].etag.n, 0);
}

static void others_are_not_marked(void **state UNUSED)
{
    struct err e = {0};
    OWNED(notification)
    struct notification *n = notification_read(
        SPAN("{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"configurationId\":"
             "\"asymptote:backfill\",\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"k\"}}}]}"),
        &e);
    assert_non_null(n);
    assert_false(n->backfill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_one_is_read_as_the_same_object_and_marked),
        cmocka_unit_test(hostile_keys_come_back_byte_by_byte),
        cmocka_unit_test(the_longest_key_fits),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(others_are_not_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
