/* SPDX-License-Identifier: Apache-2.0 */
#include "net/aws.h"

#include "net/fake_creds.h"
#include "net/signed.h"

#include <stdlib.h>

enum { BODY_MAX = 4096, LONG_MS = 60000 };
static const int64_t now_ms = 1767323045000; /* 2026-01-02T03:04:05Z */

struct fixture {
    struct aws aws;
    struct http *http;
    struct http_answer answer;
    struct creds_source creds;
    struct skew skew;
    struct signer signer;
    struct fault fault;
    struct err err;
    char url[128];
    struct http_request request;
};

static const struct fault_rule rules[] = {{"Mine", 0, FAIL_KMS, 0}};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    aws_init(&f->aws);
    f->http = http_new(NULL);
    http_answer_init(&f->answer, BODY_MAX);
    clock_manual_init(&f->aws.now, 0, now_ms);
    (void)snprintf(f->url, sizeof(f->url), "%s/k", f->aws.endpoint);
    f->signer = (struct signer){.clock = &f->aws.now.clock,
                                .skew = &f->skew,
                                .creds = &f->creds,
                                .service = "s3",
                                .region = "eu-west-1",
                                .rules = rules,
                                .rule_count = 1};
    f->request = (struct http_request){.method = "GET",
                                       .url = span_str(f->url),
                                       .connect_timeout_ms = LONG_MS,
                                       .total_timeout_ms = LONG_MS};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    http_free(f->http);
    http_answer_done(&f->answer);
    aws_done(&f->aws);
    free(f);
    return 0;
}

static enum err_kind call(struct fixture *f)
{
    return signed_call(&f->signer, f->http, &f->request, &f->answer, &f->fault, &f->err);
}

static void answer(struct fixture *f, const char *status, const char *date, const char *code)
{
    char headers[128];
    char body[256];
    (void)snprintf(headers, sizeof(headers), "Date: %s\r\nx-amz-request-id: R1\r\n", date);
    (void)snprintf(body, sizeof(body), "<Error><Code>%s</Code><Message>m</Message></Error>", code);
    server_add_answer(f->aws.server, status, headers, span_str(code[0] != '\0' ? body : ""));
}

static const char same[] = "Fri, 02 Jan 2026 03:04:00 GMT";
static const char hour_later[] = "Fri, 02 Jan 2026 04:04:05 GMT";

static void signs_with_date_token_and_hash(void **state)
{
    struct fixture *f = *state;
    struct http_header range = {SPAN("Range"), SPAN("bytes=5-")};
    f->request.headers = &range;
    f->request.header_count = 1;
    answer(f, "200 OK", same, "");
    assert_int_equal(call(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 0, "\r\nX-Amz-Date: 20260102T030405Z\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\nX-Amz-Security-Token: token0\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\nX-Amz-Content-SHA256: " SIGV4_EMPTY_HASH "\r\n"));
    assert_true(server_got(f->aws.server, 0,
                           "\r\nAuthorization: AWS4-HMAC-SHA256 "
                           "Credential=AKID0/20260102/eu-west-1/s3/aws4_request, "
                           "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date;"
                           "x-amz-security-token, Signature="));
    struct buf got = BUF_INIT(BODY_MAX);
    server_copy(f->aws.server, 0, &got);
    const char *first = strstr(got.p, "Host:");
    assert_non_null(first);
    assert_null(strstr(first + 1, "Host:"));
    buf_done(&got);
}

static void signature_of(struct fixture *f, size_t call, char out[65])
{
    struct buf got = BUF_INIT(BODY_MAX);
    server_copy(f->aws.server, call, &got);
    const char *at = strstr(got.p, "Signature=");
    assert_non_null(at);
    (void)snprintf(out, 65, "%.64s", at + strlen("Signature="));
    buf_done(&got);
}

/* "a/../k" and "k" are different keys. */
static void signs_dots_of_a_key_as_they_are_sent(void **state)
{
    struct fixture *f = *state;
    char plain[65];
    char dotted[65];
    answer(f, "200 OK", same, "");
    answer(f, "200 OK", same, "");
    assert_int_equal(call(f), FAIL_NONE);
    (void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/a/../k",
                   server_port(f->aws.server));
    f->request.url = span_str(f->url);
    assert_int_equal(call(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 1, "GET /a/../k HTTP/1.1\r\n"));
    signature_of(f, 0, plain);
    signature_of(f, 1, dotted);
    assert_string_not_equal(plain, dotted);
}

static void other_services_send_no_hash_and_anonymous_ones_nothing(void **state)
{
    struct fixture *f = *state;
    struct buf got = BUF_INIT(BODY_MAX);
    f->signer.service = "sts";
    answer(f, "200 OK", same, "");
    answer(f, "200 OK", same, "");
    assert_int_equal(call(f), FAIL_NONE);
    assert_true(
        server_got(f->aws.server, 0, "SignedHeaders=host;x-amz-date;x-amz-security-token,"));
    f->signer.creds = NULL;
    assert_int_equal(call(f), FAIL_NONE);
    server_copy(f->aws.server, 1, &got);
    assert_null(strcasestr(got.p, "x-amz"));
    assert_null(strcasestr(got.p, "authorization"));
    buf_done(&got);
}

static void corrects_a_wrong_clock_once_for_all(void **state)
{
    struct fixture *f = *state;
    int64_t offset = 0;
    answer(f, "403 Forbidden", hour_later, "RequestTimeTooSkewed");
    answer(f, "200 OK", hour_later, "");
    answer(f, "200 OK", hour_later, "");
    assert_int_equal(call(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 1, "\r\nX-Amz-Date: 20260102T040405Z\r\n"));
    assert_true(skew_news(&f->skew, &offset));
    assert_int_equal(offset, 3600 * 1000);
    assert_false(skew_news(&f->skew, &offset));
    assert_int_equal(call(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 2, "\r\nX-Amz-Date: 20260102T040405Z\r\n"));
    assert_int_equal(server_requests(f->aws.server), 3);
    assert_int_equal(f->creds.rejected, 0);
}

static void does_not_correct_the_clock_in_a_loop(void **state)
{
    struct fixture *f = *state;
    answer(f, "403 Forbidden", hour_later, "RequestTimeTooSkewed");
    answer(f, "403 Forbidden", same, "RequestTimeTooSkewed");
    assert_int_equal(call(f), FAIL_SKEW);
    assert_int_equal(server_requests(f->aws.server), 2);
}

static void a_date_that_hardly_differs_corrects_nothing(void **state)
{
    struct fixture *f = *state;
    int64_t offset = 0;
    answer(f, "403 Forbidden", "Fri, 02 Jan 2026 03:08:04 GMT", "RequestTimeTooSkewed");
    assert_int_equal(call(f), FAIL_SKEW);
    assert_false(skew_news(&f->skew, &offset));
    assert_int_equal(offset, 0);
}

static void a_bad_signature_may_be_a_wrong_clock(void **state)
{
    struct fixture *f = *state;
    answer(f, "403 Forbidden", hour_later, "SignatureDoesNotMatch");
    answer(f, "200 OK", hour_later, "");
    assert_int_equal(call(f), FAIL_NONE);
    assert_int_equal(f->creds.rejected, 0);
}

static void renews_expired_credentials_once(void **state)
{
    struct fixture *f = *state;
    answer(f, "400 Bad Request", same, "ExpiredToken");
    answer(f, "200 OK", same, "");
    assert_int_equal(call(f), FAIL_NONE);
    assert_int_equal(f->creds.rejected, 1);
    assert_true(server_got(f->aws.server, 1, "Credential=AKID1/"));
    assert_true(server_got(f->aws.server, 1, "X-Amz-Security-Token: token1\r\n"));

    answer(f, "403 Forbidden", same, "InvalidClientTokenId");
    answer(f, "403 Forbidden", same, "InvalidClientTokenId");
    assert_int_equal(call(f), FAIL_DENIED);
    assert_int_equal(server_requests(f->aws.server), 4);
}

static void forgets_a_corrected_fault_when_the_next_attempt_breaks(void **state)
{
    struct fixture *f = *state;
    answer(f, "403 Forbidden", same, "InvalidAccessKeyId"); /* the script ends here: closed */
    assert_int_equal(call(f), FAIL_AGAIN);
    assert_int_equal(f->creds.rejected, 1);
    assert_int_equal(f->fault.status, 0);
    assert_string_equal(f->err.code, "");
}

static void corrects_clock_and_credentials_in_one_call(void **state)
{
    struct fixture *f = *state;
    answer(f, "403 Forbidden", hour_later, "RequestTimeTooSkewed");
    answer(f, "400 Bad Request", hour_later, "ExpiredToken");
    answer(f, "200 OK", hour_later, "");
    assert_int_equal(call(f), FAIL_NONE);
    assert_int_equal(server_requests(f->aws.server), 3);
}

static void says_what_the_service_said(void **state)
{
    struct fixture *f = *state;
    answer(f, "403 Forbidden", same, "AccessDenied");
    answer(f, "400 Bad Request", same, "Mine");
    assert_int_equal(call(f), FAIL_DENIED);
    assert_int_equal(f->err.status, 403);
    assert_string_equal(f->err.code, "AccessDenied");
    assert_string_equal(f->err.request_id, "R1");
    assert_string_equal(f->err.text, "s3: HTTP 403 AccessDenied; the service's text: m");
    assert_int_equal(f->fault.status, 403);
    assert_int_equal(call(f), FAIL_KMS);
}

static void passes_on_that_there_are_no_credentials(void **state)
{
    struct fixture *f = *state;
    f->creds.fails = FAIL_THROTTLED;
    assert_int_equal(call(f), FAIL_THROTTLED);
    assert_string_equal(f->err.text, "no credentials");
    assert_int_equal(f->fault.status, 0);
    assert_int_equal(server_requests(f->aws.server), 0);
}

static void refuses_more_headers_than_it_can_sign(void **state)
{
    struct fixture *f = *state;
    struct http_header many[SIGNED_HEADERS];
    for (size_t i = 0; i < SIGNED_HEADERS; i++) {
        many[i] = (struct http_header){SPAN("X-A"), SPAN("1")};
    }
    f->request.headers = many;
    f->request.header_count = SIGNED_HEADERS - 4;
    assert_int_equal(call(f), FAIL_LIMIT);
    f->request.header_count = SIGNED_HEADERS - 5;
    answer(f, "200 OK", same, "");
    assert_int_equal(call(f), FAIL_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signs_with_date_token_and_hash),
        TEST(signs_dots_of_a_key_as_they_are_sent),
        TEST(other_services_send_no_hash_and_anonymous_ones_nothing),
        TEST(corrects_a_wrong_clock_once_for_all),
        TEST(does_not_correct_the_clock_in_a_loop),
        TEST(a_date_that_hardly_differs_corrects_nothing),
        TEST(a_bad_signature_may_be_a_wrong_clock),
        TEST(renews_expired_credentials_once),
        TEST(forgets_a_corrected_fault_when_the_next_attempt_breaks),
        TEST(corrects_clock_and_credentials_in_one_call),
        TEST(says_what_the_service_said),
        TEST(passes_on_that_there_are_no_credentials),
        TEST(refuses_more_headers_than_it_can_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
