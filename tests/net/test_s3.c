/* SPDX-License-Identifier: Apache-2.0 */
#include "net/s3_fixture.h"

#include <pthread.h>

/* ---- A plain GET ---- */

static void reads_an_object(void **state)
{
    struct fixture *f = *state;
    server_add_answer(f->aws.server, "200 OK", ETAG DATED, SPAN("hello"));
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("hello"));
    assert_int_equal(f->seen.begins, 1);
    assert_string_equal(f->seen.meta.version, "e1");
    assert_true(f->seen.meta.modified_ns == 1767323045000000000);
    assert_int_equal(f->seen.meta.length, 5);
    assert_true(server_got(f->aws.server, 0, "GET /cust-bucket/logs/a%20b%2Bc.gz HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\nx-amz-expected-bucket-owner: 444455556666\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\nx-amz-checksum-mode: ENABLED\r\n"));
    assert_true(server_got(f->aws.server, 0,
                           "/eu-west-1/s3/aws4_request, SignedHeaders=host;"
                           "x-amz-checksum-mode;x-amz-content-sha256;x-amz-date;"
                           "x-amz-expected-bucket-owner;x-amz-security-token,"));
}

static void begins_also_an_empty_object(void **state)
{
    struct fixture *f = *state;
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN(""));
    assert_int_equal(get(f), FAIL_NONE);
    assert_int_equal(f->seen.begins, 1);
    assert_int_equal(f->seen.body.n, 0);
}

static void asks_for_versions_and_as_requester(void **state)
{
    struct fixture *f = *state;
    f->object.version_id = SPAN("3/L4+x");
    f->object.request_payer = true;
    f->object.owner = SPAN("");
    server_add_answer(f->aws.server, "200 OK", ETAG "x-amz-version-id: 3/L4+x\r\n", SPAN("v"));
    assert_int_equal(get(f), FAIL_NONE);
    assert_string_equal(f->seen.meta.version, "3/L4+x");
    assert_true(server_got(f->aws.server, 0, "?versionId=3%2FL4%2Bx HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\nx-amz-request-payer: requester\r\n"));
    assert_true(server_got(f->aws.server, 0, ";x-amz-request-payer;"));
}

static void names_hosts_by_bucket_where_the_endpoint_says_so(void **state)
{
    struct fixture *f = *state;
    struct s3_settings by_host = f->settings;
    char endpoint[128];
    (void)snprintf(endpoint, sizeof(endpoint), "http://{bucket}.s3.localhost:%d/",
                   server_port(f->aws.server));
    by_host.endpoint = endpoint;
    s3_free(f->s3);
    f->s3 = s3_new(&by_host);
    f->object.key = SPAN("/a//../b");
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("x"));
    assert_int_equal(get(f), FAIL_NONE);
    assert_true(
        server_got(f->aws.server, 0, "GET //a//../b HTTP/1.1\r\nHost: cust-bucket.s3.localhost:"));
}

static void refuses_names_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    static const char long_key[1025] = {'k'};
    const struct s3_object good = f->object;
    const struct {
        struct span bucket, key, region, owner;
        enum err_kind kind;
    } rows[] = {
        {SPAN("evil.com/x"), good.key, good.region, good.owner, FAIL_DATA},
        {SPAN("169.254.169.254"), good.key, good.region, good.owner, FAIL_DATA},
        {good.bucket, SPAN(""), good.region, good.owner, FAIL_DATA},
        {good.bucket, span_of(long_key, 1025), good.region, good.owner, FAIL_DATA},
        {good.bucket, good.key, SPAN("eu.west"), good.owner, FAIL_CONFIG},
        {good.bucket, good.key, good.region, SPAN("44445555666"), FAIL_CONFIG},
        {good.bucket, good.key, good.region, SPAN("44445555666x"), FAIL_CONFIG},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f->object.bucket = rows[i].bucket;
        f->object.key = rows[i].key;
        f->object.region = rows[i].region;
        f->object.owner = rows[i].owner;
        assert_int_equal(get(f), rows[i].kind);
    }
    assert_int_equal(server_connections(f->aws.server), 0);
}

/* ---- Errors ---- */

static void gives_each_error_its_class(void **state)
{
    static const struct {
        const char *status, *inner;
        enum err_kind kind;
    } rows[] = {
        {"403 Forbidden", "<Code>AccountProblem</Code><Message>Hm</Message>", FAIL_DENIED},
        {"403 Forbidden", "<Code>InvalidObjectState</Code><StorageClass>GLACIER</StorageClass>",
         FAIL_ARCHIVED},
        {"403 Forbidden", "<Code>AllAccessDisabled</Code>", FAIL_DENIED},
        {"400 Bad Request",
         "<Code>KMS.DisabledException</Code><Message>arn:x is disabled.</Message>", FAIL_KMS},
        {"400 Bad Request", "<Code>KMS.KMSInvalidStateException</Code>", FAIL_KMS},
        {"400 Bad Request", "<Code>KMS.NotFoundException</Code>", FAIL_KMS},
        {"400 Bad Request", "<Code>KMS.ThrottlingException</Code>", FAIL_THROTTLED},
        {"400 Bad Request", "<Code>ThrottlingException</Code>", FAIL_THROTTLED},
        {"404 Not Found", "<Code>NoSuchBucket</Code>", FAIL_CONFIG},
        {"400 Bad Request", "<Code>InvalidArgument</Code>", FAIL_DATA},
        {"400 Bad Request", "<Code>KeyTooLongError</Code>", FAIL_DATA},
        {"400 Bad Request", "<Code>InvalidURI</Code>", FAIL_DATA},
        {"400 Bad Request", "<Code>InvalidRequest</Code>", FAIL_DATA},
        {"400 Bad Request", "<Code>InvalidBucketOwnerAWSAccountID</Code>", FAIL_CONFIG},
        {"400 Bad Request", "<Code>RequestTimeout</Code>", FAIL_AGAIN},
        {"409 Conflict", "<Code>OperationAborted</Code>", FAIL_AGAIN},
        {"503 Service Unavailable", "<Code>ServiceUnavailable</Code>", FAIL_AGAIN},
        {"502 Bad Gateway", "", FAIL_AGAIN},
        {"400 Bad Request", "<Code>Whatever</Code>", FAIL_CONFIG},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        add_error(f, rows[i].status, "", rows[i].inner);
        assert_int_equal(get(f), rows[i].kind);
        assert_int_equal(f->err.kind, rows[i].kind);
        assert_int_equal(f->err.status, strtol(rows[i].status, NULL, 10));
        assert_int_equal(server_requests(f->aws.server), i + 1);
    }
    assert_int_equal(f->seen.begins, 0);
}

static void tells_which_key_and_which_policies(void **state)
{
    struct fixture *f = *state;
    add_error(f, "403 Forbidden", "",
              "<Code>AccessDenied</Code><Message>User: "
              "arn:aws:sts::444455556666:assumed-role/ingest/worker is not authorized to perform: "
              "kms:Decrypt on resource: arn:aws:kms:eu-west-1:444455556666:key/1234-abcd because "
              "no identity-based policy allows the kms:Decrypt action</Message>");
    assert_int_equal(get(f), FAIL_KMS);
    assert_string_equal(f->err.code, "AccessDenied");
    assert_non_null(
        strstr(f->err.text, "KMS key arn:aws:kms:eu-west-1:444455556666:key/1234-abcd "));
    assert_non_null(strstr(f->err.text, "key policy of that key"));
    assert_non_null(strstr(f->err.text, "kms:Decrypt in the policy of the customer's role"));
}

static void gives_no_advice_on_policies_where_the_key_is_disabled(void **state)
{
    struct fixture *f = *state;
    add_error(f, "400 Bad Request", "",
              "<Code>KMS.DisabledException</Code><Message>arn:aws:kms:eu-west-1:444455556666:key/1 "
              "is disabled.</Message>");
    assert_int_equal(get(f), FAIL_KMS);
    assert_null(strstr(f->err.text, "policy"));
}

static void survives_errors_made_of_garbage(void **state)
{
    struct fixture *f = *state;
    server_add_answer(f->aws.server, "500 Oops", "", SPAN("<Error><Code>\0\xff"));
    assert_int_equal(get(f), FAIL_AGAIN);
    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 403 No\r\nContent-Length: "
                                                          "1073741824\r\n\r\n0123456789abcdef"),
                                             .tail = 16,
                                             .repeat = 1 << 26,
                                             .end = REPLY_CLOSE});
    assert_int_equal(get(f), FAIL_DENIED);
}

/* ---- Regions ---- */

static void does_not_remember_a_region_that_does_not_answer(void **state)
{
    struct fixture *f = *state;
    add_error(f, "301 Moved Permanently", "x-amz-bucket-region: eu-nowhere-1\r\n",
              "<Code>PermanentRedirect</Code>");
    server_add(f->aws.server, (struct reply){.text = SPAN("no http\r\n\r\n"), .end = REPLY_CLOSE});
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("a"));
    assert_int_equal(get(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 1, "/eu-nowhere-1/s3/"));
    assert_true(server_got(f->aws.server, 2, "/eu-west-1/s3/"));
}

static void corrects_the_region_once_and_remembers_it(void **state)
{
    struct fixture *f = *state;
    add_error(f, "301 Moved Permanently", "x-amz-bucket-region: eu-central-1\r\n",
              "<Code>PermanentRedirect</Code><Endpoint>evil.example.com</Endpoint>");
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("a"));
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("b"));
    assert_int_equal(get(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 0, "/eu-west-1/s3/"));
    assert_true(server_got(f->aws.server, 1, "/eu-central-1/s3/"));

    struct s3 *other = s3_new(&f->settings); /* another lane */
    s3_free(f->s3);
    f->s3 = other;
    assert_int_equal(get(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 2, "/eu-central-1/s3/"));
}

static void finds_the_region_in_the_body(void **state)
{
    struct fixture *f = *state;
    add_error(f, "400 Bad Request", "",
              "<Code>AuthorizationHeaderMalformed</Code><Region>us-east-2</Region>");
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("a"));
    assert_int_equal(get(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 1, "/us-east-2/s3/"));
}

static void requests_the_region_when_no_answer_has_it(void **state)
{
    struct fixture *f = *state;
    add_error(f, "301 Moved Permanently", "", "<Code>PermanentRedirect</Code>");
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 403 Forbidden\r\n"
                                           "x-amz-bucket-region: ap-south-1\r\n\r\n")});
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("a"));
    assert_int_equal(get(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 1, "HEAD /cust-bucket/ HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 2, "/ap-south-1/s3/"));
}

static void does_not_go_in_circles_or_to_other_partitions(void **state)
{
    struct fixture *f = *state;
    add_error(f, "301 Moved", "x-amz-bucket-region: eu-central-1\r\n", "");
    add_error(f, "301 Moved", "x-amz-bucket-region: eu-west-1\r\n", "");
    assert_int_equal(get(f), FAIL_CONFIG);
    assert_int_equal(server_requests(f->aws.server), 2);
    f->object.bucket = SPAN("other-bucket");
    add_error(f, "301 Moved", "x-amz-bucket-region: cn-north-1\r\n", "");
    assert_int_equal(get(f), FAIL_CONFIG);
    assert_non_null(strstr(f->err.text, "cn-north-1 cannot be tried"));
    add_error(f, "301 Moved", "x-amz-bucket-region: eu-west-1\r\n", "");
    assert_int_equal(get(f), FAIL_CONFIG);
    assert_int_equal(server_requests(f->aws.server), 4);
}

static void leaves_a_redirect_that_leads_nowhere(void **state)
{
    struct fixture *f = *state;
    add_error(f, "307 Temporary Redirect", "Location: http://evil.example.com/\r\n",
              "<Code>TemporaryRedirect</Code>");
    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 403 Forbidden\r\n\r\n")});
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(server_requests(f->aws.server), 2);
}

/* ---- Checksums ---- */

static void checks_the_sum_over_resumed_bodies(void **state)
{
    struct fixture *f = *state;
    for (int bad = 0; bad < 2; bad++) {
        add_cut(f, "200 OK",
                ETAG
                "x-amz-checksum-crc64nvme: rosUhgp5mIg=\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
                9, "1234", REPLY_CLOSE);
        add_cut(f, "206 Partial Content", PART("4", "8", "9"), 5, bad != 0 ? "56788" : "56789",
                REPLY_KEEP);
        assert_int_equal(get(f), bad != 0 ? FAIL_AGAIN : FAIL_NONE);
        assert_string_equal(f->err.code, bad != 0 ? "ChecksumMismatch" : "");
    }
    assert_non_null(strstr(f->err.text, "CRC64NVME"));
    assert_int_equal(server_requests(f->aws.server), 4);
}

static void checks_each_object_separately(void **state)
{
    struct fixture *f = *state;
    server_add_answer(f->aws.server, "200 OK", ETAG "x-amz-checksum-crc32: y/Q5Jg==\r\n",
                      SPAN("123456780"));
    server_add_answer(f->aws.server, "200 OK", ETAG "x-amz-checksum-crc32: y/Q5Jg==\r\n",
                      SPAN("123456789"));
    server_add_answer(f->aws.server, "200 OK",
                      ETAG "x-amz-checksum-crc32: y/Q5Jg==-2\r\nx-amz-checksum-type: COMPOSITE\r\n",
                      SPAN("whatever"));
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(get(f), FAIL_NONE);
    assert_int_equal(get(f), FAIL_NONE);
}

/* ---- The consumer ends it ---- */

static void returns_what_the_consumer_ended_with(void **state)
{
    struct fixture *f = *state;
    f->seen.refuse_body = FAIL_LIMIT;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    assert_int_equal(get(f), FAIL_LIMIT);
    assert_string_equal(f->err.text, "enough");
    f->seen.refuse_body = FAIL_AGAIN; /* also if the kind could mean a broken transfer */
    add_cut(f, "200 OK", ETAG, 10, "0123456789", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_string_equal(f->err.text, "enough");
    f->seen.refuse_begin = FAIL_ARCHIVED;
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN(""));
    assert_int_equal(get(f), FAIL_ARCHIVED);
    assert_int_equal(server_requests(f->aws.server), 3);
}

static void *stop_after_request(void *arg)
{
    struct fixture *f = arg;
    server_await(f->aws.server, 1);
    s3_stop(f->s3);
    return NULL;
}

static void stops_while_it_waits_for_an_answer(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    server_add(f->aws.server, (struct reply){.text = SPAN(""), .end = REPLY_STALL});
    assert_int_equal(pthread_create(&thread, NULL, stop_after_request, f), 0);
    assert_int_equal(get(f), FAIL_STOPPED);
    (void)pthread_join(thread, NULL);
    assert_int_equal(get(f), FAIL_STOPPED);
    assert_int_equal(server_requests(f->aws.server), 1);
}

static void stops_in_the_middle_of_a_body_without_another_try(void **state)
{
    struct fixture *f = *state;
    f->seen.stop = f->s3;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    assert_int_equal(get(f), FAIL_STOPPED);
    assert_int_equal(server_requests(f->aws.server), 1);
}

/* ---- HEAD and lists ---- */

static void heads_tell_what_is_there(void **state)
{
    struct fixture *f = *state;
    struct s3_meta meta;
    const struct s3_consumer none = {.ctx = NULL};
    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\n" ETAG DATED
                                                          "Content-Length: 5\r\n\r\n")});
    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 404 Not Found\r\n"
                                                          "x-amz-request-id: R1\r\n\r\n")});
    assert_int_equal(s3_head(f->s3, &f->object, &f->creds, &none, &meta, &f->err), FAIL_NONE);
    assert_int_equal(meta.length, 5);
    assert_string_equal(meta.version, "e1");
    assert_int_equal(s3_head(f->s3, &f->object, &f->creds, &none, &meta, &f->err), FAIL_GONE);
}

#define PAGE(inner)                                                                                \
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner                   \
    "</ListBucketResult>"

static void lists_keys_over_pages(void **state)
{
    struct fixture *f = *state;
    struct s3_entry entry;
    f->object.key = SPAN("logs/a b+");
    server_add_answer(
        f->aws.server, "200 OK", "",
        SPAN(PAGE("<IsTruncated>true</IsTruncated><NextContinuationToken>t/1+=</"
                  "NextContinuationToken><Contents><Key>logs/a+b%2B/1%0A</Key><Size>7"
                  "</Size><ETag>&quot;e&quot;</ETag><LastModified>2026-01-02T03:04:05."
                  "000Z</LastModified><StorageClass>GLACIER</StorageClass></Contents>")));
    server_add_answer(f->aws.server, "200 OK", "",
                      SPAN(PAGE("<IsTruncated>true</IsTruncated><NextContinuationToken>t2</"
                                "NextContinuationToken>")));
    server_add_answer(
        f->aws.server, "200 OK", "",
        SPAN(PAGE("<IsTruncated>false</IsTruncated><Contents><Key>z</Key></Contents>")));
    OWNED(s3_list) struct s3_list *l = s3_list_new(f->s3, &f->object, &f->creds, SPAN("logs/0"));
    assert_true(s3_list_next(l, &entry, &f->err));
    assert_span_equal(entry.key, SPAN("logs/a b+/1\n"));
    assert_span_equal(entry.etag, SPAN("e"));
    assert_span_equal(entry.storage_class, SPAN("GLACIER"));
    assert_int_equal(entry.size, 7);
    assert_true(entry.modified_ns == 1767323045000000000);
    assert_true(s3_list_next(l, &entry, &f->err));
    assert_span_equal(entry.key, SPAN("z"));
    assert_int_equal(entry.size, -1);
    assert_false(s3_list_next(l, &entry, &f->err));
    assert_int_equal(f->err.kind, FAIL_NONE);
    assert_true(server_got(f->aws.server, 0,
                           "GET /cust-bucket/?list-type=2&encoding-type=url&prefix="
                           "logs%2Fa%20b%2B&start-after=logs%2F0 HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 1, "&continuation-token=t%2F1%2B%3D HTTP/1.1\r\n"));
}

static void lists_end_with_an_error_that_says_so(void **state)
{
    static const char *const bad[] = {"", "<", PAGE("<IsTruncated>true</IsTruncated>"), "<Other/>"};
    struct fixture *f = *state;
    struct s3_entry entry;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        OWNED(s3_list) struct s3_list *l = s3_list_new(f->s3, &f->object, &f->creds, SPAN(""));
        server_add_answer(f->aws.server, "200 OK", "", span_str(bad[i]));
        assert_false(s3_list_next(l, &entry, &f->err));
        assert_int_equal(f->err.kind, FAIL_AGAIN);
    }
    OWNED(s3_list) struct s3_list *l = s3_list_new(f->s3, &f->object, &f->creds, SPAN(""));
    size_t before = server_requests(f->aws.server);
    for (int i = 0; i < 10; i++) { /* the same token each time */
        server_add_answer(f->aws.server, "200 OK", "",
                          SPAN(PAGE("<IsTruncated>true</IsTruncated><NextContinuationToken>t</"
                                    "NextContinuationToken>")));
    }
    assert_false(s3_list_next(l, &entry, &f->err));
    assert_int_equal(f->err.kind, FAIL_AGAIN);
    assert_int_equal(server_requests(f->aws.server), before + 2);
}

static void lists_are_denied_as_objects_are(void **state)
{
    struct fixture *f = *state;
    struct s3_entry entry;
    add_error(f, "403 Forbidden", "", "<Code>AccessDenied</Code>");
    OWNED(s3_list) struct s3_list *denied = s3_list_new(f->s3, &f->object, &f->creds, SPAN(""));
    assert_false(s3_list_next(denied, &entry, &f->err));
    assert_int_equal(f->err.kind, FAIL_DENIED);
}

/* ---- The first bytes ---- */

static void peeks_at_the_first_bytes_and_the_encryption(void **state)
{
    struct fixture *f = *state;
    struct s3_peek peek;
    f->object.version_id = SPAN("v 1");
    server_add_answer(f->aws.server, "206 Partial Content",
                      ETAG "x-amz-server-side-encryption: aws:kms\r\n"
                           "x-amz-server-side-encryption-aws-kms-key-id: arn:aws:kms:r:a:key/k\r\n"
                           "x-amz-version-id: v1\r\n",
                      SPAN("he"));
    assert_int_equal(s3_peek(f->s3, &f->object, &f->creds, 2, &peek, &f->err), FAIL_NONE);
    assert_span_equal(peek.body, SPAN("he"));
    assert_string_equal(peek.encryption, "aws:kms");
    assert_string_equal(peek.kms_key, "arn:aws:kms:r:a:key/k");
    assert_string_equal(peek.meta.version, "v1");
    assert_false(peek.meta.version_is_etag);
    assert_true(server_got(f->aws.server, 0, "?versionId=v%201 HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\nRange: bytes=0-1\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\nAuthorization: AWS4-HMAC-SHA256 "));

    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("a server without ranges"));
    assert_int_equal(s3_peek(f->s3, &f->object, &f->creds, 2, &peek, &f->err), FAIL_NONE);
    assert_span_equal(peek.body, SPAN("a "));
    assert_string_equal(peek.encryption, "");
}

static void peeks_without_a_signature(void **state)
{
    struct fixture *f = *state;
    struct s3_peek peek;
    f->object.owner = SPAN("");
    add_error(f, "403 Forbidden", "", "<Code>AccessDenied</Code><Message>Access Denied</Message>");
    assert_int_equal(s3_peek(f->s3, &f->object, NULL, 1, &peek, &f->err), FAIL_DENIED);
    assert_string_equal(peek.denied, "");
    assert_int_equal(server_requests(f->aws.server), 1);
    assert_false(server_got(f->aws.server, 0, "Authorization"));
    assert_false(server_got(f->aws.server, 0, "X-Amz-"));
}

static void a_denied_peek_has_the_permission_that_is_missing(void **state)
{
    struct fixture *f = *state;
    struct s3_peek peek;
    add_error(
        f, "403 Forbidden", "",
        "<Code>AccessDenied</Code><Message>User: arn:aws:sts::1:assumed-role/r/s is not "
        "authorized to perform: s3:ListBucket on resource: &quot;arn:aws:s3:::b&quot; because "
        "no identity-based policy allows the s3:ListBucket action</Message>");
    assert_int_equal(s3_peek(f->s3, &f->object, &f->creds, 1, &peek, &f->err), FAIL_DENIED);
    assert_string_equal(peek.denied, "s3:ListBucket");
    assert_int_equal(server_requests(f->aws.server), 1); /* the key is not listed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_an_object),
        TEST(begins_also_an_empty_object),
        TEST(asks_for_versions_and_as_requester),
        TEST(names_hosts_by_bucket_where_the_endpoint_says_so),
        TEST(refuses_names_that_cannot_be),
        TEST(gives_each_error_its_class),
        TEST(tells_which_key_and_which_policies),
        TEST(gives_no_advice_on_policies_where_the_key_is_disabled),
        TEST(survives_errors_made_of_garbage),
        TEST(corrects_the_region_once_and_remembers_it),
        TEST(does_not_remember_a_region_that_does_not_answer),
        TEST(finds_the_region_in_the_body),
        TEST(requests_the_region_when_no_answer_has_it),
        TEST(does_not_go_in_circles_or_to_other_partitions),
        TEST(leaves_a_redirect_that_leads_nowhere),
        TEST(checks_the_sum_over_resumed_bodies),
        TEST(checks_each_object_separately),
        TEST(returns_what_the_consumer_ended_with),
        TEST(stops_while_it_waits_for_an_answer),
        TEST(stops_in_the_middle_of_a_body_without_another_try),
        TEST(heads_tell_what_is_there),
        TEST(peeks_at_the_first_bytes_and_the_encryption),
        TEST(peeks_without_a_signature),
        TEST(a_denied_peek_has_the_permission_that_is_missing),
        TEST(lists_keys_over_pages),
        TEST(lists_end_with_an_error_that_says_so),
        TEST(lists_are_denied_as_objects_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
