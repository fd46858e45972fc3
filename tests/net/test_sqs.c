/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted server plays SQS; the tests check the requests. */
#include "net/aws.h"

#include "codec/endpoint.h"
#include "net/sqs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOUR_MS = 3600 * 1000, LONG_MS = 60 * 1000 };
#define URL "https://sqs.eu-west-1.amazonaws.com/111122223333/ingest"

struct fixture {
    struct aws aws;
    struct creds_settings creds_settings;
    struct sqs_settings settings;
    struct creds_source *creds;
    struct sqs_queue *queue;
    struct sqs_poller *poller;
    struct sqs_polled polled;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    aws_init(&f->aws);
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIDOLD", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "secret", 1), 0);
    f->creds_settings = (struct creds_settings){.region = "eu-west-1", .clock = &f->aws.now.clock};
    f->creds = creds_source_default(&f->creds_settings, &f->err);
    assert_non_null(f->creds);
    f->settings = (struct sqs_settings){
        .endpoint = f->aws.endpoint, .creds = f->creds, .clock = &f->aws.now.clock};
    f->queue = sqs_queue_new(&f->settings, URL, "eu-west-1", &f->err);
    assert_non_null(f->queue);
    f->poller = sqs_poller_new();
    *state = f;
    return 0;
}

static void drop_messages(struct fixture *f)
{
    for (size_t i = 0; i < f->polled.count; i++) {
        sqs_message_free(f->polled.messages[i]);
    }
    f->polled.count = 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    drop_messages(f);
    sqs_poller_free(f->poller);
    sqs_queue_free(f->queue);
    creds_source_free(f->creds);
    aws_done(&f->aws);
    free(f);
    return 0;
}

static void answer(struct fixture *f, const char *body)
{
    server_add_answer(f->aws.server, "200 OK", "Content-Type: application/x-amz-json-1.0\r\n",
                      span_str(body));
}

static void answer_error(struct fixture *f, const char *status, const char *headers,
                         const char *body)
{
    server_add_answer(f->aws.server, status, headers, span_str(body));
}

/* ---- Calls ---- */

static void deletes_in_batches_with_a_signed_request(void **state)
{
    struct fixture *f = *state;
    struct sqs_entry entries[] = {{.receipt_handle = "AQEB/1+="}, {.receipt_handle = "bogus"}};
    answer(f, "{\"Successful\":[{\"Id\":\"0\"}],\"Failed\":[{\"Id\":\"1\",\"SenderFault\":true,"
              "\"Code\":\"ReceiptHandleIsInvalid\",\"Message\":\"no\"}]}");
    assert_int_equal(sqs_delete(f->queue, entries, 2, &f->err), FAIL_NONE);
    assert_int_equal(entries[0].kind, FAIL_NONE);
    assert_int_equal(entries[1].kind, FAIL_LOST);
    assert_true(server_got(f->aws.server, 0, "POST / HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 0, "X-Amz-Target: AmazonSQS.DeleteMessageBatch\r\n"));
    assert_true(server_got(f->aws.server, 0, "Content-Type: application/x-amz-json-1.0\r\n"));
    assert_true(server_got(f->aws.server, 0,
                           "Credential=AKIDOLD/20261122/eu-west-1/sqs/aws4_request, SignedHeaders="
                           "content-type;host;x-amz-date;x-amz-target, Signature="));
    assert_true(server_got(f->aws.server, 0,
                           "{\"QueueUrl\":\"" URL "\",\"Entries\":[{\"Id\":\"0\",\"ReceiptHandle\":"
                           "\"AQEB/1+=\"},{\"Id\":\"1\",\"ReceiptHandle\":\"bogus\"}]}"));
}

static void a_call_that_fails_answers_no_entry(void **state)
{
    struct fixture *f = *state;
    struct sqs_entry entries[] = {{.receipt_handle = "a", .visibility_s = 40, .kind = FAIL_LOST}};
    answer_error(f, "400 Bad Request", "x-amzn-RequestId: rid-7\r\n",
                 "{\"__type\":\"com.amazonaws.sqs#KmsAccessDenied\",\"message\":\"key\"}");
    assert_int_equal(sqs_change_visibility(f->queue, entries, 1, &f->err), FAIL_KMS);
    assert_int_equal(entries[0].kind, FAIL_LOST);
    assert_string_equal(f->err.code, "KmsAccessDenied");
    assert_string_equal(f->err.request_id, "rid-7");
    assert_int_equal(f->err.status, 400);
    assert_true(server_got(f->aws.server, 0, "\"VisibilityTimeout\":40"));

    answer_error(f, "400 Bad Request", "",
                 "{\"__type\":\"InvalidParameterValue\",\"message\":\"Total VisibilityTimeout for "
                 "the message is beyond the limit [43200 seconds].\"}");
    assert_int_equal(sqs_change_visibility(f->queue, entries, 1, &f->err), FAIL_LIMIT);
    assert_int_equal(f->err.kind, FAIL_LIMIT);
    answer_error(f, "403 Forbidden", "",
                 "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
    assert_int_equal(sqs_delete(f->queue, entries, 1, &f->err), FAIL_DENIED);
}

static void reads_the_queues_own_settings(void **state)
{
    struct fixture *f = *state;
    struct sqs_attributes a;
    answer(f, "{\"Attributes\":{\"VisibilityTimeout\":\"30\",\"RedrivePolicy\":"
              "\"{\\\"maxReceiveCount\\\":5}\"}}");
    assert_int_equal(sqs_get_attributes(f->queue, &a, &f->err), FAIL_NONE);
    assert_int_equal(a.visibility_s, 30);
    assert_int_equal(a.max_receive_count, 5);
}

static void sends_batches_for_a_backfill(void **state)
{
    struct fixture *f = *state;
    struct sqs_outgoing messages[] = {{.body = SPAN("m0")}, {.body = SPAN("m1")}};
    answer(f, "{\"Successful\":[{\"Id\":\"0\",\"MessageId\":\"x\"}],\"Failed\":[{\"Id\":\"1\","
              "\"Code\":\"InternalError\",\"SenderFault\":false}]}");
    assert_int_equal(sqs_send(f->queue, messages, 2, &f->err), FAIL_NONE);
    assert_int_equal(messages[0].kind, FAIL_NONE);
    assert_int_equal(messages[1].kind, FAIL_AGAIN);
    assert_true(server_got(f->aws.server, 0, "{\"Id\":\"1\",\"MessageBody\":\"m1\"}"));
}

static void calls_on_one_queue_reuse_their_connection(void **state)
{
    struct fixture *f = *state;
    struct sqs_entry entry = {.receipt_handle = "a"};
    for (int i = 0; i < 5; i++) {
        answer(f, "{\"Successful\":[{\"Id\":\"0\"}]}");
        assert_int_equal(sqs_delete(f->queue, &entry, 1, &f->err), FAIL_NONE);
    }
    assert_int_equal(server_connections(f->aws.server), 1);
}

static void *delete_one(void *arg)
{
    struct fixture *f = arg;
    struct sqs_entry entry = {.receipt_handle = "a"};
    struct err e = {0};
    return (void *)(uintptr_t)sqs_delete(f->queue, &entry, 1, &e);
}

static void a_stop_ends_calls_under_way_and_later_ones(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    void *kind = NULL;
    server_add(f->aws.server, (struct reply){.text = SPAN(""), .end = REPLY_STALL});
    assert_int_equal(pthread_create(&thread, NULL, delete_one, f), 0);
    server_await(f->aws.server, 1);
    sqs_queue_stop(f->queue);
    assert_int_equal(pthread_join(thread, &kind), 0);
    assert_int_equal((uintptr_t)kind, FAIL_STOPPED);
    assert_int_equal((uintptr_t)delete_one(f), FAIL_STOPPED);
}

/* ---- Polls ---- */

static void poll_once(struct fixture *f)
{
    drop_messages(f);
    sqs_poller_start(f->poller, f->queue, 10, 20, 120, f);
    assert_true(sqs_poller_next(f->poller, LONG_MS, &f->polled));
    assert_ptr_equal(f->polled.queue, f->queue);
    assert_ptr_equal(f->polled.tag, f);
}

static void a_poll_brings_messages(void **state)
{
    struct fixture *f = *state;
    answer(f, "{\"Messages\":[{\"MessageId\":\"m1\",\"ReceiptHandle\":\"h1\",\"Body\":\"b\\u00e9\","
              "\"Attributes\":{\"ApproximateReceiveCount\":\"2\"}},{\"ReceiptHandle\":\"h2\","
              "\"Body\":\"x\",\"MD5OfBody\":\"00000000000000000000000000000000\"}]}");
    poll_once(f);
    assert_int_equal(f->polled.err.kind, FAIL_NONE);
    assert_int_equal(f->polled.count, 1);
    assert_int_equal(f->polled.damaged, 1);
    assert_span_equal(f->polled.messages[0]->body, SPAN("b\xc3\xa9"));
    assert_int_equal(f->polled.messages[0]->receive_count, 2);
    assert_true(server_got(f->aws.server, 0, "X-Amz-Target: AmazonSQS.ReceiveMessage\r\n"));
    assert_true(server_got(f->aws.server, 0,
                           "\"MaxNumberOfMessages\":10,\"WaitTimeSeconds\":20,"
                           "\"VisibilityTimeout\":120,"));
}

static void polls_of_one_queue_reuse_their_connection(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++) {
        answer(f, "{}");
        poll_once(f);
        assert_int_equal(f->polled.err.kind, FAIL_NONE);
        assert_int_equal(f->polled.count, 0);
    }
    assert_int_equal(server_connections(f->aws.server), 1);
}

static void a_poll_tells_the_class_of_its_error(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *status, *body, *code;
        enum err_kind kind;
    } rows[] = {
        {"400 Bad Request", "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\"}",
         "QueueDoesNotExist", FAIL_CONFIG},
        {"403 Forbidden", "{\"__type\":\"OverLimit\"}", "OverLimit", FAIL_THROTTLED},
        {"400 Bad Request", "{\"__type\":\"KmsDisabled\"}", "KmsDisabled", FAIL_KMS},
        {"503 Service Unavailable", "", "", FAIL_AGAIN},
        {"200 OK", "<html>proxy</html>", "", FAIL_AGAIN},
        {"403 Forbidden", "{\"__type\":\"AccessDeniedException\"}", "AccessDeniedException",
         FAIL_DENIED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        answer_error(f, rows[i].status, "", rows[i].body);
        poll_once(f);
        assert_int_equal(f->polled.err.kind, rows[i].kind);
        assert_string_equal(f->polled.err.code, rows[i].code);
        assert_int_equal(f->polled.count, 0);
    }
}

static void a_poll_corrects_the_clock_and_goes_on_by_itself(void **state)
{
    struct fixture *f = *state;
    int64_t offset_ms = 0;
    answer_error(f, "400 Bad Request", "Date: Sun, 22 Nov 2026 14:59:05 GMT\r\n",
                 "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired\"}");
    answer(f, "{\"Messages\":[{\"ReceiptHandle\":\"h\",\"Body\":\"b\"}]}");
    poll_once(f);
    assert_int_equal(f->polled.count, 1);
    assert_true(server_got(f->aws.server, 0, "X-Amz-Date: 20261122T135905Z\r\n"));
    assert_true(server_got(f->aws.server, 1, "X-Amz-Date: 20261122T145905Z\r\n"));
    assert_true(sqs_clock_news(f->queue, &offset_ms));
    assert_int_equal(offset_ms, HOUR_MS);
    assert_false(sqs_clock_news(f->queue, &offset_ms));
}

static void a_poll_renews_expired_credentials_and_goes_on_by_itself(void **state)
{
    struct fixture *f = *state;
    answer(f, "{}");
    poll_once(f);
    f->aws.now.mono += HOUR_MS;
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIDNEW", 1), 0);
    answer_error(f, "403 Forbidden", "", "{\"__type\":\"ExpiredTokenException\"}");
    answer(f, "{\"Messages\":[{\"ReceiptHandle\":\"h\",\"Body\":\"b\"}]}");
    poll_once(f);
    assert_int_equal(f->polled.count, 1);
    assert_true(server_got(f->aws.server, 1, "Credential=AKIDOLD/"));
    assert_true(server_got(f->aws.server, 2, "Credential=AKIDNEW/"));
}

static void a_poll_without_credentials_fails_at_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(unsetenv("AWS_SECRET_ACCESS_KEY"), 0);
    poll_once(f);
    assert_int_equal(f->polled.err.kind, FAIL_CONFIG);
    assert_int_equal(server_requests(f->aws.server), 0);
    poll_once(f); /* and it can be started again */
    assert_int_equal(f->polled.err.kind, FAIL_CONFIG);
}

static void a_cut_connection_is_worth_another_poll(void **state)
{
    struct fixture *f = *state;
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n"
                                           "\r\n{\"Messages\""),
                              .end = REPLY_RESET});
    poll_once(f);
    assert_int_equal(f->polled.err.kind, FAIL_AGAIN);
    answer(f, "{}");
    poll_once(f);
    assert_int_equal(f->polled.err.kind, FAIL_NONE);
}

static void waits_no_longer_than_told_and_can_be_woken(void **state)
{
    struct fixture *f = *state;
    server_add(f->aws.server, (struct reply){.text = SPAN(""), .end = REPLY_STALL});
    sqs_poller_start(f->poller, f->queue, 10, 20, 120, f);
    assert_false(sqs_poller_next(f->poller, 1, &f->polled));
    sqs_poller_wake(f->poller);
    assert_false(sqs_poller_next(f->poller, LONG_MS, &f->polled)); /* immediately */
    /* the poll continues; the teardown aborts it */
}

static void goes_on_however_often_it_is_woken(void **state)
{
    struct fixture *f = *state;
    answer(f, "{}");
    sqs_poller_start(f->poller, f->queue, 10, 20, 120, f);
    for (int i = 0; i < 10 * 1000; i++) {
        sqs_poller_wake(f->poller);
        if (sqs_poller_next(f->poller, LONG_MS, &f->polled)) {
            assert_int_equal(f->polled.err.kind, FAIL_NONE);
            return;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fail_msg("the poll does not end while the poller is woken");
}

static void hundreds_of_queues_are_polled_by_one_thread(void **state)
{
    enum { QUEUES = 300 };
    struct fixture *f = *state;
    struct sqs_queue *queues[QUEUES];
    bool seen[QUEUES] = {false};
    f->settings.pool = http_pool_new(SQS_ANSWER_BYTES);
    for (size_t i = 0; i < QUEUES; i++) {
        queues[i] = sqs_queue_new(&f->settings, URL, "eu-west-1", &f->err);
        assert_non_null(queues[i]);
        answer(f, "{\"Messages\":[{\"ReceiptHandle\":\"h\",\"Body\":\"b\"}]}");
        sqs_poller_start(f->poller, queues[i], 1, 20, 120, &seen[i]);
    }
    for (size_t i = 0; i < QUEUES; i++) {
        assert_true(sqs_poller_next(f->poller, LONG_MS, &f->polled));
        assert_int_equal(f->polled.err.kind, FAIL_NONE);
        assert_int_equal(f->polled.count, 1);
        bool *mine = f->polled.tag;
        assert_false(*mine);
        *mine = true;
        drop_messages(f);
    }
    assert_int_equal(server_connections(f->aws.server), QUEUES);
    sqs_poller_free(f->poller);
    f->poller = NULL;
    for (size_t i = 0; i < QUEUES; i++) {
        sqs_queue_free(queues[i]);
    }
    http_pool_free(f->settings.pool);
}

static void await_polls(struct fixture *f, size_t count)
{
    for (; count > 0; count--) {
        assert_true(sqs_poller_next(f->poller, LONG_MS, &f->polled));
        assert_int_equal(f->polled.err.kind, FAIL_NONE);
        assert_ptr_equal(f->polled.queue, f->polled.tag);
        drop_messages(f);
    }
}

static void a_queue_may_have_several_polls_whose_connections_are_used_again(void **state)
{
    struct fixture *f = *state;
    struct sqs_queue *other = sqs_queue_new(&f->settings, URL, "eu-west-1", &f->err);
    assert_non_null(other);
    struct sqs_queue *queues[] = {f->queue, other};
    for (size_t q = 0; q < 2; q++) {
        for (size_t k = 0; k < 3; k++) {
            answer(f, "{\"Messages\":[{\"ReceiptHandle\":\"h\",\"Body\":\"b\"}]}");
            sqs_poller_start(f->poller, queues[q], 10, 20, 120, queues[q]);
        }
        await_polls(f, 3);
    }
    assert_in_range(server_connections(f->aws.server), 1, 4);
    sqs_poller_free(f->poller);
    f->poller = NULL;
    sqs_queue_free(other);
}

/* A response of these blanks, and ten parts of more of them when the gate is open. */
static void answer_slowly(struct fixture *f, size_t blanks, const atomic_bool *gate)
{
    enum { PART = 10 * 1024, PARTS = 10 };
    struct buf text = BUF_INIT(1024 * 1024);
    buf_addf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n{}", 2 + blanks + PARTS * PART);
    for (size_t i = 0; i < blanks + PART; i++) {
        buf_add_byte(&text, ' ');
    }
    server_add(
        f->aws.server,
        (struct reply){.text = buf_span(&text), .repeat = PARTS - 1, .tail = PART, .gate = gate});
    buf_done(&text);
}

/* Start a poll, and go on until the server has this number of requests. */
static void send_poll(struct fixture *f, char *tag, size_t requests)
{
    sqs_poller_start(f->poller, f->queue, 10, 20, 120, tag);
    while (server_requests(f->aws.server) < requests) {
        assert_false(sqs_poller_next(f->poller, 1, &f->polled));
    }
}

static void assert_next_is(struct fixture *f, const char *tag)
{
    assert_true(sqs_poller_next(f->poller, LONG_MS, &f->polled));
    assert_int_equal(f->polled.err.kind, FAIL_NONE);
    assert_string_equal(f->polled.tag, tag);
    drop_messages(f);
}

static void receives_one_large_response_at_a_time(void **state)
{
    struct fixture *f = *state;
    char slow[] = "slow and large";
    char large[] = "large";
    char larger[] = "larger";
    char small[] = "small";
    static atomic_bool gate;
    atomic_store(&gate, false);
    answer_slowly(f, SQS_USUAL_ANSWER_BYTES, &gate);
    send_poll(f, slow, 1);
    assert_false(sqs_poller_next(f->poller, 50, &f->polled)); /* it has become large */
    answer_slowly(f, SQS_USUAL_ANSWER_BYTES, NULL);
    send_poll(f, large, 2);
    assert_false(sqs_poller_next(f->poller, 50, &f->polled));
    answer_slowly(f, (size_t)5 * SQS_USUAL_ANSWER_BYTES, NULL);
    send_poll(f, larger, 3);
    answer(f, "{}");
    send_poll(f, small, 3);
    assert_next_is(f, small);
    atomic_store(&gate, true);
    assert_next_is(f, slow);
    assert_next_is(f, large);
    assert_next_is(f, larger);
}

/* ---- The address of a queue ---- */

static const char *endpoint_of(struct fixture *f, const char *url, const char *region)
{
    static char endpoint[256];
    OWNED(sqs_queue) struct sqs_queue *q = sqs_queue_new(&f->settings, url, region, &f->err);
    endpoint[0] = '\0';
    if (q != NULL) {
        (void)snprintf(endpoint, sizeof(endpoint), "%s", sqs_queue_endpoint(q));
    }
    return endpoint;
}

static void asks_the_endpoint_of_the_region_unless_told_otherwise(void **state)
{
    struct fixture *f = *state;
    f->settings.endpoint = NULL;
    static const struct {
        const char *url, *region, *endpoint;
    } rows[] = {
        {URL, "eu-west-1", "https://sqs.eu-west-1.amazonaws.com"},
        {"https://eu-west-1.queue.amazonaws.com/1/q", "eu-west-1",
         "https://sqs.eu-west-1.amazonaws.com"},
        {"https://queue.amazonaws.com/1/q", "us-east-1", "https://sqs.us-east-1.amazonaws.com"},
        {"https://sqs.cn-north-1.amazonaws.com.cn/1/q", "cn-north-1",
         "https://sqs.cn-north-1.amazonaws.com.cn"},
        {"https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/1/q", "eu-west-1",
         "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com"},
        {"http://127.0.0.1:4566/000000000000/q", "eu-west-1", "http://127.0.0.1:4566"},
        {"http://moto:5000/1/q", "eu-west-1", "http://moto:5000"},
        {"https://sqs.us-east-1.amazonaws.com/1/q", "eu-west-1", ""}, /* of another region */
        {"https://us-east-1.queue.amazonaws.com/1/q", "eu-west-1", ""},
        {"https://sqs.eu-west-1.amazonaws.com", "eu-west-1", ""}, /* no queue in the path */
        {"sqs.eu-west-1.amazonaws.com/1/q", "eu-west-1", ""},
        {"https://sqs-fips.us-east-2.amazonaws.com/1/q", "us-east-2",
         "https://sqs-fips.us-east-2.amazonaws.com"},
        {"https://sqs.eu-west-1.api.aws/1/q", "eu-west-1", "https://sqs.eu-west-1.api.aws"},
        {"https://sqs-fips.us-east-2.api.aws/1/q", "us-east-2",
         "https://sqs-fips.us-east-2.api.aws"},
        {URL, "eu west", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(endpoint_of(f, rows[i].url, rows[i].region), rows[i].endpoint);
    }
    f->settings.variant = ENDPOINT_FIPS | ENDPOINT_DUAL_STACK;
    assert_string_equal(endpoint_of(f, URL, "eu-west-1"), "https://sqs-fips.eu-west-1.api.aws");
}

static void an_endpoint_given_wins_over_the_queues_host(void **state)
{
    struct fixture *f = *state;
    f->settings.endpoint = NULL;
    assert_int_equal(setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/", 1), 0);
    assert_string_equal(endpoint_of(f, URL, "eu-west-1"), "http://127.0.0.1:1");
    assert_int_equal(setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:2", 1), 0);
    assert_string_equal(endpoint_of(f, "http://localhost:9/1/q", "eu-west-1"),
                        "http://127.0.0.1:2");
    assert_int_equal(setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1), 0);
    assert_string_equal(endpoint_of(f, URL, "eu-west-1"), "https://sqs.eu-west-1.amazonaws.com");
    f->settings.endpoint = "http://127.0.0.1:3";
    assert_string_equal(endpoint_of(f, URL, "eu-west-1"), "http://127.0.0.1:3");
    f->settings.endpoint = "nonsense";
    assert_string_equal(endpoint_of(f, URL, "eu-west-1"), "");
    assert_int_equal(f->err.kind, FAIL_CONFIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(deletes_in_batches_with_a_signed_request),
        TEST(a_call_that_fails_answers_no_entry),
        TEST(reads_the_queues_own_settings),
        TEST(sends_batches_for_a_backfill),
        TEST(calls_on_one_queue_reuse_their_connection),
        TEST(a_stop_ends_calls_under_way_and_later_ones),
        TEST(a_queue_may_have_several_polls_whose_connections_are_used_again),
        TEST(receives_one_large_response_at_a_time),
        TEST(a_poll_brings_messages),
        TEST(polls_of_one_queue_reuse_their_connection),
        TEST(a_poll_tells_the_class_of_its_error),
        TEST(a_poll_corrects_the_clock_and_goes_on_by_itself),
        TEST(a_poll_renews_expired_credentials_and_goes_on_by_itself),
        TEST(a_poll_without_credentials_fails_at_once),
        TEST(a_cut_connection_is_worth_another_poll),
        TEST(waits_no_longer_than_told_and_can_be_woken),
        TEST(goes_on_however_often_it_is_woken),
        TEST(hundreds_of_queues_are_polled_by_one_thread),
        TEST(asks_the_endpoint_of_the_region_unless_told_otherwise),
        TEST(an_endpoint_given_wins_over_the_queues_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
