/* SPDX-License-Identifier: Apache-2.0 */
/* Broken transfers, and objects that are replaced or deleted while they are read. */
#include "net/s3_fixture.h"

/* ---- Broken transfers ---- */

static void resumes_a_cut_body_at_the_exact_byte(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    add_cut(f, "206 Partial Content", ETAG PART("4", "9", "10"), 6, "45", REPLY_RESET);
    add_cut(f, "206 Partial Content", PART("6", "9", "10"), 4, "6789", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123456789"));
    assert_int_equal(f->seen.begins, 1);
    assert_true(server_got(f->aws.server, 1, "\r\nRange: bytes=4-\r\nIf-Match: \"e1\"\r\n"));
    assert_true(
        server_got(f->aws.server, 1, "SignedHeaders=host;if-match;range;x-amz-checksum-mode;"));
    assert_true(server_got(f->aws.server, 2, "\r\nRange: bytes=6-\r\n"));
}

static void resumes_the_pinned_version(void **state)
{
    struct fixture *f = *state;
    f->object.version_id = SPAN("v1");
    add_cut(f, "200 OK", ETAG "x-amz-version-id: v1\r\n", 10, "0123", REPLY_CLOSE);
    add_cut(f, "206 Partial Content", ETAG PART("4", "9", "10"), 6, "456789", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_true(server_got(f->aws.server, 1, "?versionId=v1 HTTP/1.1\r\n"));
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123456789"));
}

static void skips_what_it_has_when_the_range_is_ignored(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    add_cut(f, "200 OK", ETAG, 10, "01", REPLY_CLOSE);
    add_cut(f, "200 OK", ETAG, 10, "0123456789", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123456789"));
    assert_int_equal(f->seen.begins, 1);
}

static void begins_again_when_other_bytes_come(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    add_cut(f, "200 OK", "ETag: \"e2\"\r\n", 4, "abcd", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("abcd"));
    assert_int_equal(f->seen.begins, 2);
    assert_string_equal(f->seen.meta.version, "e2");
}

static void begins_again_when_there_is_nothing_to_pin_with(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", "", 10, "0123", REPLY_CLOSE);
    add_cut(f, "200 OK", "", 10, "0123456789", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123456789"));
    assert_int_equal(f->seen.begins, 2);
    struct buf second = BUF_INIT(BODY_MAX);
    server_copy(f->aws.server, 1, &second);
    assert_null(strstr(second.p, "Range"));
    buf_done(&second);
}

static void takes_no_part_that_was_not_asked_for(void **state)
{
    static const char *const wrong[] = {PART("3", "9", "10"), PART("4", "9", "11"),
                                        PART("4", "8", "10"), "Content-Range: bytes 4-9/*\r\n", ""};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        buf_clear(&f->seen.body);
        add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
        add_cut(f, "206 Partial Content", wrong[i], 6, "xxxxxx", REPLY_KEEP);
        add_cut(f, "206 Partial Content", "ETag: \"e9\"\r\n" PART("4", "9", "10"), 6, "yyyyyy",
                REPLY_KEEP);
        add_cut(f, "206 Partial Content", PART("4", "9", "10"), 6, "456789", REPLY_KEEP);
        assert_int_equal(get(f), FAIL_NONE);
        assert_span_equal(buf_span(&f->seen.body), SPAN("0123456789"));
    }
}

static void gives_up_after_some_tries_without_progress(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    for (int i = 0; i < 10; i++) {
        add_cut(f, "206 Partial Content", PART("4", "9", "10"), 6, "", REPLY_CLOSE);
    }
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(server_requests(f->aws.server), 6);
    assert_non_null(strstr(f->err.text, "after 6 requests of this attempt, at byte 4"));
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123"));
}

static void says_when_the_first_request_since_the_last_progress_failed(void **state)
{
    struct fixture *f = *state;
    f->aws.now.mono = 5000;
    for (int i = 0; i < 10; i++) {
        add_cut(f, "200 OK", ETAG, 10, "", REPLY_CLOSE);
    }
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(f->failed_ms, 5000);
    f->aws.now.mono = 9000;
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(f->failed_ms, 5000); /* it fails since then */
}

static void a_request_with_progress_did_not_fail_since_an_earlier_one(void **state)
{
    struct fixture *f = *state;
    f->aws.now.mono = 9000;
    f->failed_ms = 5000;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    for (int i = 0; i < 10; i++) {
        add_cut(f, "206 Partial Content", PART("4", "9", "10"), 6, "", REPLY_CLOSE);
    }
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(f->failed_ms, 9000);
}

/* Any number of attempts, as long as each makes progress. */
static void goes_on_as_long_as_there_is_progress(void **state)
{
    enum { PIECE = 16 * 1024, PIECES = 20 };
    static char body[PIECE + 1];
    char headers[128];
    struct fixture *f = *state;
    memset(body, 'x', PIECE);
    add_cut(f, "200 OK", ETAG, PIECE * PIECES, body, REPLY_CLOSE);
    for (int i = 1; i < PIECES; i++) {
        (void)snprintf(headers, sizeof(headers), "Content-Range: bytes %d-%d/%d\r\n", PIECE * i,
                       PIECE * PIECES - 1, PIECE * PIECES);
        add_cut(f, "206 Partial Content", headers, (size_t)PIECE * (size_t)(PIECES - i), body,
                REPLY_CLOSE);
    }
    assert_int_equal(get(f), FAIL_NONE);
    assert_int_equal(f->seen.body.n, PIECE * PIECES);
}

static void leaves_a_server_that_gives_a_byte_at_a_time(void **state)
{
    char headers[128];
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 1000, "0", REPLY_CLOSE);
    for (int i = 1; i < 200; i++) {
        (void)snprintf(headers, sizeof(headers), "Content-Range: bytes %d-999/1000\r\n", i);
        add_cut(f, "206 Partial Content", headers, (size_t)(1000 - i), "x", REPLY_CLOSE);
    }
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(server_requests(f->aws.server), 100);
    assert_non_null(strstr(f->err.text, "after 100 requests of this attempt, at byte 100"));
}

static void resumes_when_the_server_is_in_trouble_meanwhile(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    add_error(f, "503 Slow Down", "", "<Code>SlowDown</Code>");
    add_cut(f, "206 Partial Content", PART("4", "9", "10"), 6, "456789", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123456789"));
}

static void leaves_a_busy_server_alone_from_the_start(void **state)
{
    struct fixture *f = *state;
    add_error(f, "503 Slow Down", "x-amz-request-id: R\r\nx-amz-id-2: H\r\n",
              "<Code>SlowDown</Code><Message>Please reduce your request rate.</Message>");
    add_error(f, "500 Internal Server Error", "", "<Code>InternalError</Code>");
    assert_int_equal(get(f), FAIL_THROTTLED);
    assert_string_equal(f->err.request_id, "R");
    assert_string_equal(f->err.host_id, "H");
    assert_string_equal(
        f->err.text, "s3: HTTP 503 SlowDown; the service's text: Please reduce your request rate.");
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(server_requests(f->aws.server), 2);
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("ok"));
    assert_int_equal(get(f), FAIL_NONE);
}

static enum err_kind look_for_four_bytes(void *ctx, struct err *e)
{
    struct seen *s = ctx;
    return s->body.n == 4 ? err_set(e, FAIL_LOST, "enough") : FAIL_NONE;
}

static void ends_a_transfer_that_its_consumer_does_not_wait_for(void **state)
{
    struct fixture *f = *state;
    f->settings.idle_timeout_ms = 60 * 1000;
    f->seen.look = look_for_four_bytes;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_STALL);
    assert_int_equal(get(f), FAIL_LOST);
    assert_string_equal(f->err.text, "enough");
    assert_int_equal(server_requests(f->aws.server), 1);
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123"));
}

static enum err_kind look_and_end(void *ctx UNUSED, struct err *e)
{
    return err_set(e, FAIL_LOST, "enough");
}

static void ends_a_head_that_its_consumer_does_not_wait_for(void **state)
{
    struct fixture *f = *state;
    struct s3_meta meta;
    const struct s3_consumer looks = {.look = look_and_end};
    f->settings.idle_timeout_ms = 5000;
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\n" ETAG), .end = REPLY_STALL});
    assert_int_equal(s3_head(f->s3, &f->object, &f->creds, &looks, &meta, &f->err), FAIL_LOST);
    assert_string_equal(f->err.text, "enough");
}

static void resumes_a_silent_body(void **state)
{
    struct fixture *f = *state;
    f->settings.idle_timeout_ms = 1000; /* more than a busy machine takes for an answer */
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_STALL);
    add_cut(f, "206 Partial Content", PART("4", "9", "10"), 6, "456789", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123456789"));
}

/* Its last chunk is missing. */
static void add_of_unknown_length(struct fixture *f, const char *text)
{
    static char reply[256];
    (void)snprintf(reply, sizeof(reply),
                   "HTTP/1.1 200 OK\r\n" ETAG "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n",
                   strlen(text), text);
    server_add(f->aws.server, (struct reply){.text = span_str(reply), .end = REPLY_CLOSE});
}

static void believes_the_server_that_there_is_no_more(void **state)
{
    struct fixture *f = *state;
    add_of_unknown_length(f, "0123");
    add_error(f, "416 Range Not Satisfiable", "Content-Range: bytes */4\r\n",
              "<Code>InvalidRange</Code><ActualObjectSize>4</ActualObjectSize>");
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123"));

    add_of_unknown_length(f, "0123");
    add_error(f, "416 Range Not Satisfiable", "Content-Range: bytes */3\r\n",
              "<Code>InvalidRange</Code>");
    assert_int_equal(get(f), FAIL_AGAIN);
}

static void does_not_believe_that_there_is_less_than_it_said(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    add_error(f, "416 Range Not Satisfiable", "Content-Range: bytes */4\r\n",
              "<Code>InvalidRange</Code><ActualObjectSize>4</ActualObjectSize>");
    assert_int_equal(get(f), FAIL_AGAIN);
}

static void refuses_a_body_without_a_known_end(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++) {
        server_add(f->aws.server,
                   (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\n" ETAG "\r\nhello"),
                                  .end = REPLY_CLOSE});
    }
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(f->seen.begins, 0);
    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\n" ETAG
                                                          "Transfer-Encoding: chunked\r\n\r\n"
                                                          "5\r\nhello\r\n0\r\n\r\n")});
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("hello"));
    assert_int_equal(f->seen.meta.length, -1);
}

static void resumes_what_breaks_after_the_session_was_renewed(void **state)
{
    struct fixture *f = *state;
    add_error(f, "400 Bad Request", "", "<Code>ExpiredToken</Code>");
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    add_cut(f, "206 Partial Content", PART("4", "9", "10"), 6, "456789", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("0123456789"));
    assert_int_equal(f->seen.begins, 1);
}

static void says_what_the_consumer_said_also_after_the_session_was_renewed(void **state)
{
    struct fixture *f = *state;
    f->seen.refuse_body = FAIL_LIMIT;
    add_error(f, "400 Bad Request", "", "<Code>ExpiredToken</Code>");
    server_add_answer(f->aws.server, "200 OK", ETAG, SPAN("0123"));
    assert_int_equal(get(f), FAIL_LIMIT);
    assert_string_equal(f->err.text, "enough");
}

/* ---- Replaced and deleted versions ---- */

static void reads_the_current_version_when_the_object_is_replaced(void **state)
{
    struct fixture *f = *state;
    add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
    add_error(f, "412 Precondition Failed", "", "<Code>PreconditionFailed</Code>");
    add_cut(f, "200 OK", "ETag: \"e2\"\r\n", 6, "abc", REPLY_CLOSE);
    add_cut(f, "206 Partial Content", PART("3", "5", "6"), 3, "def", REPLY_KEEP);
    assert_int_equal(get(f), FAIL_NONE);
    assert_span_equal(buf_span(&f->seen.body), SPAN("abcdef"));
    assert_int_equal(f->seen.begins, 2);
    assert_true(server_got(f->aws.server, 3, "\r\nIf-Match: \"e2\"\r\n"));
}

static void reads_the_current_version_when_the_pinned_one_is_gone(void **state)
{
    static const char *const statuses[] = {"404 Not Found", "404 Not Found", "405 Not Allowed"};
    static const char *const codes[] = {"<Code>NoSuchVersion</Code>", "<Code>NoSuchKey</Code>",
                                        "<Code>MethodNotAllowed</Code>"};
    struct fixture *f = *state;
    struct buf second = BUF_INIT(BODY_MAX);
    f->object.version_id = SPAN("v1");
    for (size_t i = 0; i < 3; i++) {
        add_error(f, statuses[i], "", codes[i]);
        server_add_answer(f->aws.server, "200 OK", ETAG "x-amz-version-id: v2\r\n", SPAN("two"));
        assert_int_equal(get(f), FAIL_NONE);
        assert_string_equal(f->seen.meta.version, "v2");
        server_copy(f->aws.server, 2 * i + 1, &second);
        assert_null(strstr(second.p, "versionId"));
    }
    buf_done(&second);
}

static void is_gone_only_when_nothing_is_there_now(void **state)
{
    struct fixture *f = *state;
    add_error(f, "404 Not Found", "", "<Code>NoSuchKey</Code>");
    assert_int_equal(get(f), FAIL_GONE);
    assert_int_equal(server_requests(f->aws.server), 1);
    assert_string_equal(f->err.code, "NoSuchKey");

    f->object.version_id = SPAN("v1");
    add_error(f, "404 Not Found", "", "<Code>NoSuchVersion</Code>");
    add_error(f, "404 Not Found", "x-amz-delete-marker: true\r\n", "<Code>NoSuchKey</Code>");
    assert_int_equal(get(f), FAIL_GONE);
    assert_int_equal(server_requests(f->aws.server), 3);

    f->object.version_id = SPAN("");
    add_error(f, "405 Not Allowed", "", "<Code>MethodNotAllowed</Code>");
    assert_int_equal(get(f), FAIL_GONE);
    assert_int_equal(f->err.kind, FAIL_GONE);
}

static void is_not_gone_because_a_proxy_says_so(void **state)
{
    static const char *const statuses[] = {"404 Not Found", "405 Not Allowed",
                                           "412 Precondition Failed"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        server_add_answer(f->aws.server, statuses[i], "", SPAN("<html>a proxy of yours</html>"));
        assert_int_equal(get(f), FAIL_AGAIN);
        assert_int_equal(f->err.kind, FAIL_AGAIN);
        assert_int_equal(server_requests(f->aws.server), i + 1);
    }
}

static void gives_up_an_object_that_is_replaced_again_and_again(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++) {
        add_cut(f, "200 OK", ETAG, 10, "0123", REPLY_CLOSE);
        add_error(f, "412 Precondition Failed", "", "<Code>PreconditionFailed</Code>");
    }
    assert_int_equal(get(f), FAIL_SUPERSEDED);
    assert_int_equal(server_requests(f->aws.server), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(resumes_a_cut_body_at_the_exact_byte),
        TEST(resumes_the_pinned_version),
        TEST(skips_what_it_has_when_the_range_is_ignored),
        TEST(begins_again_when_other_bytes_come),
        TEST(begins_again_when_there_is_nothing_to_pin_with),
        TEST(takes_no_part_that_was_not_asked_for),
        TEST(gives_up_after_some_tries_without_progress),
        TEST(says_when_the_first_request_since_the_last_progress_failed),
        TEST(a_request_with_progress_did_not_fail_since_an_earlier_one),
        TEST(goes_on_as_long_as_there_is_progress),
        TEST(leaves_a_server_that_gives_a_byte_at_a_time),
        TEST(resumes_when_the_server_is_in_trouble_meanwhile),
        TEST(leaves_a_busy_server_alone_from_the_start),
        TEST(ends_a_transfer_that_its_consumer_does_not_wait_for),
        TEST(ends_a_head_that_its_consumer_does_not_wait_for),
        TEST(resumes_a_silent_body),
        TEST(believes_the_server_that_there_is_no_more),
        TEST(does_not_believe_that_there_is_less_than_it_said),
        TEST(refuses_a_body_without_a_known_end),
        TEST(resumes_what_breaks_after_the_session_was_renewed),
        TEST(says_what_the_consumer_said_also_after_the_session_was_renewed),
        TEST(reads_the_current_version_when_the_object_is_replaced),
        TEST(reads_the_current_version_when_the_pinned_one_is_gone),
        TEST(is_gone_only_when_nothing_is_there_now),
        TEST(is_not_gone_because_a_proxy_says_so),
        TEST(gives_up_an_object_that_is_replaced_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
