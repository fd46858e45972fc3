/* SPDX-License-Identifier: Apache-2.0 */
/* Polls that wait for credentials do not delay the messages of other queues. */
#include "net/aws.h"

#include "net/sqs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOUR_MS = 3600 * 1000, LONG_MS = 60 * 1000 };
#define URL "https://sqs.eu-west-1.amazonaws.com/111122223333/ingest"
#define MESSAGE "{\"Messages\":[{\"ReceiptHandle\":\"h\",\"Body\":\"b\"}]}"

/* An origin that numbers its sets, and waits in fetch on request. */
struct origin {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const char *name;
    const struct clock_manual *now;
    unsigned asked;
    bool slow, inside;
    enum err_kind fails;
};

static enum err_kind fetch(void *ctx, struct creds *out, struct err *e)
{
    struct origin *o = ctx;
    (void)pthread_mutex_lock(&o->lock);
    o->inside = true;
    (void)pthread_cond_broadcast(&o->changed);
    while (o->slow) {
        (void)pthread_cond_wait(&o->changed, &o->lock);
    }
    o->inside = false;
    (void)snprintf(out->access_key_id, sizeof(out->access_key_id), "%s%u", o->name, ++o->asked);
    (void)pthread_mutex_unlock(&o->lock);
    (void)snprintf(out->secret_access_key, sizeof(out->secret_access_key), "secret");
    out->expires_ms = o->now->wall + HOUR_MS;
    return o->fails == FAIL_NONE ? FAIL_NONE : err_set(e, o->fails, "the origin says no");
}

static void await_inside(struct origin *o)
{
    (void)pthread_mutex_lock(&o->lock);
    while (!o->inside) {
        (void)pthread_cond_wait(&o->changed, &o->lock);
    }
    (void)pthread_mutex_unlock(&o->lock);
}

static void set_slow(struct origin *o, bool slow)
{
    (void)pthread_mutex_lock(&o->lock);
    o->slow = slow;
    (void)pthread_cond_broadcast(&o->changed);
    (void)pthread_mutex_unlock(&o->lock);
}

/* Two queues, each with its own credentials. */
struct side {
    struct origin origin;
    struct sqs_settings settings;
    struct sqs_queue *queue;
};

struct fixture {
    struct aws aws;
    struct side slow, other;
    struct sqs_poller *poller;
    struct sqs_polled polled;
    struct err err;
};

static void set_up_side(struct fixture *f, struct side *s, const char *name)
{
    struct creds_settings settings = {.clock = &f->aws.now.clock, .jitter_seed = 7};
    assert_int_equal(pthread_mutex_init(&s->origin.lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&s->origin.changed, NULL), 0);
    s->origin.name = name;
    s->origin.now = &f->aws.now;
    struct creds_origin origin = {.ctx = &s->origin, .fetch = fetch};
    s->settings = (struct sqs_settings){.endpoint = f->aws.endpoint,
                                        .creds = creds_source_new(&origin, name, &settings),
                                        .clock = &f->aws.now.clock};
    s->queue = sqs_queue_new(&s->settings, URL, "eu-west-1", &f->err);
    assert_non_null(s->queue);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    aws_init(&f->aws);
    set_up_side(f, &f->slow, "SLOW");
    set_up_side(f, &f->other, "OTHER");
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
    set_slow(&f->slow.origin, false); /* a failed test may have left it set */
    drop_messages(f);
    sqs_poller_free(f->poller);
    sqs_queue_free(f->slow.queue);
    sqs_queue_free(f->other.queue);
    creds_source_free(f->slow.settings.creds);
    creds_source_free(f->other.settings.creds);
    aws_done(&f->aws);
    free(f);
    return 0;
}

static void begin(struct fixture *f, struct side *s)
{
    server_add_answer(f->aws.server, "200 OK", "", SPAN(MESSAGE));
    sqs_poller_start(f->poller, s->queue, 1, 20, 120, s);
}

static void assert_comes(struct fixture *f, struct side *s)
{
    drop_messages(f);
    assert_true(sqs_poller_next(f->poller, LONG_MS, &f->polled));
    assert_int_equal(f->polled.err.kind, FAIL_NONE);
    assert_ptr_equal(f->polled.tag, s);
    assert_int_equal(f->polled.count, 1);
}

static void a_poll_waits_for_its_first_credentials_and_no_other_does(void **state)
{
    struct fixture *f = *state;
    set_slow(&f->slow.origin, true);
    begin(f, &f->slow);
    await_inside(&f->slow.origin);
    begin(f, &f->other);
    assert_comes(f, &f->other);
    begin(f, &f->other);
    assert_comes(f, &f->other);
    assert_int_equal(server_requests(f->aws.server), 2);
    set_slow(&f->slow.origin, false);
    assert_comes(f, &f->slow);
    assert_true(server_got(f->aws.server, 2, "Credential=SLOW1/"));
    assert_int_equal(f->slow.origin.asked, 1);
}

static void old_credentials_are_used_while_new_ones_are_fetched(void **state)
{
    struct fixture *f = *state;
    begin(f, &f->slow);
    assert_comes(f, &f->slow);
    set_slow(&f->slow.origin, true);
    f->aws.now.wall += HOUR_MS * 4 / 5; /* renewal is due; valid until a minute before the end */
    f->aws.now.mono += HOUR_MS * 4 / 5;
    begin(f, &f->slow);
    assert_comes(f, &f->slow);
    await_inside(&f->slow.origin);
    begin(f, &f->slow);
    assert_comes(f, &f->slow);
    assert_true(server_got(f->aws.server, 2, "Credential=SLOW1/"));
    set_slow(&f->slow.origin, false);
}

static void what_the_source_says_is_the_polls_error(void **state)
{
    struct fixture *f = *state;
    f->slow.origin.fails = FAIL_DENIED;
    set_slow(&f->slow.origin, true);
    begin(f, &f->slow);
    await_inside(&f->slow.origin);
    assert_false(sqs_poller_next(f->poller, 0, &f->polled));
    set_slow(&f->slow.origin, false);
    assert_true(sqs_poller_next(f->poller, LONG_MS, &f->polled));
    assert_int_equal(f->polled.err.kind, FAIL_DENIED);
    assert_string_equal(f->polled.err.text, "the origin says no");
    assert_int_equal(server_requests(f->aws.server), 0);
}

static void a_poller_may_end_while_a_poll_waits(void **state)
{
    struct fixture *f = *state;
    begin(f, &f->slow);
    sqs_poller_free(f->poller);
    f->poller = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_poll_waits_for_its_first_credentials_and_no_other_does),
        TEST(old_credentials_are_used_while_new_ones_are_fetched),
        TEST(what_the_source_says_is_the_polls_error),
        TEST(a_poller_may_end_while_a_poll_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
