/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A missing key is a 403 for a role that may list only a prefix: a denial is checked once by a
 * list.
 */
#include "net/s3_fixture.h"

#define LIST(inner)                                                                                \
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner                   \
    "</ListBucketResult>"
#define KEY "<Contents><Key>logs/a+b%2Bc.gz</Key></Contents>"
#define END "<IsTruncated>false</IsTruncated>"

static void add_denial(struct fixture *f)
{
    add_error(f, "403 Forbidden", "x-amz-request-id: R1\r\n",
              "<Code>AccessDenied</Code><Message>Access Denied</Message>");
}

static void add_list(struct fixture *f, const char *text)
{
    server_add_answer(f->aws.server, "200 OK", "", span_str(text));
}

static void add_head(struct fixture *f, const char *text)
{
    server_add(f->aws.server, (struct reply){.text = span_str(text)});
}

static void finds_that_a_denied_key_is_not_there(void **state)
{
    struct fixture *f = *state;
    add_denial(f);
    add_list(f, LIST(END));
    assert_int_equal(get(f), FAIL_GONE);
    assert_true(server_got(f->aws.server, 1,
                           "GET /cust-bucket/?list-type=2&encoding-type=url&max-keys=1&prefix="
                           "logs%2Fa%20b%2Bc.gz HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 1, "\r\nx-amz-expected-bucket-owner: 444455556666\r\n"));
    assert_int_equal(f->err.status, 403);
    assert_string_equal(f->err.code, "AccessDenied");
    assert_string_equal(f->err.request_id, "R1");
    assert_non_null(strstr(f->err.text, "no such key in the list"));
}

static void takes_a_longer_key_for_another(void **state)
{
    struct fixture *f = *state;
    add_denial(f);
    add_list(f, LIST("<IsTruncated>true</IsTruncated><NextContinuationToken>t"
                     "</NextContinuationToken><Contents><Key>logs/a+b%2Bc.gz.1</Key></Contents>"));
    assert_int_equal(get(f), FAIL_GONE);
    assert_int_equal(server_requests(f->aws.server), 2);
}

static void leaves_a_key_that_is_there_denied(void **state)
{
    struct fixture *f = *state;
    add_denial(f);
    add_list(f, LIST(END KEY));
    assert_int_equal(get(f), FAIL_DENIED);
    assert_int_equal(server_requests(f->aws.server), 2);
}

static void leaves_it_denied_where_the_list_is(void **state)
{
    struct fixture *f = *state;
    add_denial(f);
    add_error(f, "403 Forbidden", "x-amz-request-id: R2\r\n", "<Code>AccessDenied</Code>");
    assert_int_equal(get(f), FAIL_DENIED);
    assert_string_equal(f->err.request_id, "R1"); /* the error of the GET, not of the list */
    assert_int_equal(server_requests(f->aws.server), 2);
}

static void asks_no_list_about_kms_and_other_refusals(void **state)
{
    struct fixture *f = *state;
    add_error(f, "403 Forbidden", "",
              "<Code>AccessDenied</Code><Message>not authorized to perform: kms:Decrypt</Message>");
    assert_int_equal(get(f), FAIL_KMS);
    add_error(f, "403 Forbidden", "", "<Code>AllAccessDisabled</Code>");
    assert_int_equal(get(f), FAIL_DENIED);
    assert_int_equal(server_requests(f->aws.server), 2);
}

static void retries_later_when_the_list_is_inconclusive(void **state)
{
    static const char *const lists[] = {
        "",
        "<",
        "<!DOCTYPE x><x/>",
        LIST("<IsTruncated>true</IsTruncated>"),
        LIST("<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"),
        LIST(END "<Contents><Key>other</Key></Contents>"),
        LIST(END "<Contents><Key>logs/a</Key></Contents>"),
        LIST(END "<Contents><Key/></Contents>"),
    };
    struct fixture *f = *state;
    size_t count = sizeof(lists) / sizeof(lists[0]);
    for (size_t i = 0; i < count; i++) {
        add_denial(f);
        add_list(f, lists[i]);
        assert_int_equal(get(f), FAIL_AGAIN);
        assert_int_equal(f->err.kind, FAIL_AGAIN);
    }
    assert_int_equal(server_requests(f->aws.server), 2 * count);
    add_denial(f);
    add_error(f, "503 Slow Down", "", "<Code>SlowDown</Code>");
    assert_int_equal(get(f), FAIL_THROTTLED);
}

static void finds_that_an_object_went_while_it_was_read(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    add_denial(f);
    add_list(f, LIST(END));
    assert_int_equal(get(f), FAIL_GONE);
    assert_int_equal(server_requests(f->aws.server), 3);
}

/* ---- Versions ---- */

static void reads_the_current_version_for_a_missing_one(void **state)
{
    struct fixture *f = *state;
    f->object.version_id = SPAN("v1");
    add_denial(f);
    add_list(f, LIST(END KEY));
    add_head(f, "HTTP/1.1 403 Forbidden\r\n\r\n"); /* of the pinned version */
    add_head(f, "HTTP/1.1 200 OK\r\n" ETAG "x-amz-version-id: v2\r\n\r\n");
    add_head(f, "HTTP/1.1 200 OK\r\n" ETAG "x-amz-version-id: v2\r\n\r\n");
    server_add_answer(f->aws.server, "200 OK", "x-amz-version-id: v2\r\n" ETAG, SPAN("new"));
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("new"));
    assert_string_equal(f->seen.meta.version, "v2");
    assert_true(server_got(f->aws.server, 2,
                           "HEAD /cust-bucket/logs/a%20b%2Bc.gz?versionId=v1 HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 3, "HEAD /cust-bucket/logs/a%20b%2Bc.gz HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 4,
                           "HEAD /cust-bucket/logs/a%20b%2Bc.gz?versionId=v2 HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 5, "GET /cust-bucket/logs/a%20b%2Bc.gz HTTP/1.1\r\n"));
}

static void passes_over_no_version_that_it_only_may_not_read(void **state)
{
    struct fixture *f = *state;
    f->object.version_id = SPAN("v1");
    add_denial(f);
    add_list(f, LIST(END KEY));
    add_head(f, "HTTP/1.1 403 Forbidden\r\n\r\n");  /* of the pinned version */
    add_head(f, "HTTP/1.1 200 OK\r\n" ETAG "\r\n"); /* written before versioning was enabled */
    add_head(f, "HTTP/1.1 403 Forbidden\r\n\r\n");
    assert_int_equal(get(f), FAIL_DENIED);
    assert_true(server_got(f->aws.server, 4, "?versionId=null HTTP/1.1\r\n"));
    assert_int_equal(server_requests(f->aws.server), 5);
    assert_int_equal(f->seen.begins, 0);
}

static void passes_over_no_version_whose_key_refuses(void **state)
{
    struct fixture *f = *state;
    f->object.version_id = SPAN("v1");
    add_denial(f); /* older error texts do not name KMS */
    add_list(f, LIST(END KEY));
    add_head(f, "HTTP/1.1 200 OK\r\n" ETAG "x-amz-version-id: v1\r\n\r\n");
    assert_int_equal(get(f), FAIL_DENIED);
    assert_int_equal(server_requests(f->aws.server), 3);
}

static void looks_into_one_denial_only(void **state)
{
    struct fixture *f = *state;
    f->object.version_id = SPAN("v1");
    add_denial(f);
    add_list(f, LIST(END KEY));
    add_head(f, "HTTP/1.1 403 Forbidden\r\n\r\n"); /* of the pinned version */
    add_head(f, "HTTP/1.1 200 OK\r\n" ETAG "x-amz-version-id: v2\r\n\r\n");
    add_head(f, "HTTP/1.1 200 OK\r\n" ETAG "x-amz-version-id: v2\r\n\r\n");
    add_denial(f); /* the current version was deleted meanwhile */
    assert_int_equal(get(f), FAIL_DENIED);
    assert_int_equal(server_requests(f->aws.server), 6);
    add_denial(f); /* another attempt checks again */
    add_list(f, LIST(END));
    assert_int_equal(get(f), FAIL_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_that_a_denied_key_is_not_there),
        TEST(takes_a_longer_key_for_another),
        TEST(leaves_a_key_that_is_there_denied),
        TEST(leaves_it_denied_where_the_list_is),
        TEST(asks_no_list_about_kms_and_other_refusals),
        TEST(retries_later_when_the_list_is_inconclusive),
        TEST(finds_that_an_object_went_while_it_was_read),
        TEST(reads_the_current_version_for_a_missing_one),
        TEST(passes_over_no_version_that_it_only_may_not_read),
        TEST(passes_over_no_version_whose_key_refuses),
        TEST(looks_into_one_denial_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
