/* SPDX-License-Identifier: Apache-2.0 */
/* The source is a text of keys; the fake queue records the keys of the messages that it accepts. */
#include "testing.h"

#include "codec/notification.h"
#include "jobs/backfill.h"

#include <stdlib.h>
#include <unistd.h>

enum { MOST = 5000 };

static struct {
    uint32_t sent[MOST]; /* how often key i was accepted */
    uint64_t calls, asked;
    enum err_kind whole; /* of the next calls */
    int whole_calls;     /* ... this many */
    int refuse;          /* index in a batch that is refused once; -1: none */
    int64_t visible;     /* messages in the queue */
    uint64_t marked;     /* accepted messages with the mark */
} sqs;

enum err_kind sqs_send(struct sqs_queue *q UNUSED, struct sqs_outgoing *m, size_t count,
                       struct err *e)
{
    sqs.calls++;
    if (sqs.whole_calls > 0) {
        sqs.whole_calls--;
        return err_set(e, sqs.whole, "sqs: as the test says");
    }
    for (size_t i = 0; i < count; i++) {
        struct err bad = {0};
        if (sqs.refuse == (int)i) {
            sqs.refuse = -1;
            m[i].kind = err_set(e, FAIL_AGAIN, "sqs: refused");
            continue;
        }
        OWNED(notification) struct notification *n = notification_read(m[i].body, &bad);
        assert_non_null(n);
        int at = atoi(n->records[0].key.p + 2);
        assert_in_range(at, 0, MOST - 1);
        sqs.sent[at]++;
        sqs.marked += n->backfill;
        m[i].kind = FAIL_NONE;
    }
    return FAIL_NONE;
}

enum err_kind sqs_get_attributes(struct sqs_queue *q UNUSED, struct sqs_attributes *out,
                                 struct err *e UNUSED)
{
    *out = (struct sqs_attributes){.visible = sqs.visible};
    sqs.asked++;
    return FAIL_NONE;
}

static const struct customer_conf acme = {
    .id = (char *)(uintptr_t) "acme",
    .bucket = (char *)(uintptr_t) "acme-logs",
    .prefix = (char *)(uintptr_t) "p",
    .region = (char *)(uintptr_t) "eu-west-1",
};

static struct sqs_queue *const some_queue = (struct sqs_queue *)(uintptr_t)&sqs; /* never used */

struct fixture {
    char folder[32], path[64];
    struct checkpoint at;
    struct backfill_settings s;
    char *text;
    FILE *in;
    struct keys *keys;
    int64_t now_ms;
};

/* A text with keys p/0000, p/0001, ... */
static void open_source(struct fixture *f, size_t count)
{
    size_t n = 0;
    f->text = calloc(count + 1, 16);
    assert_non_null(f->text);
    for (size_t i = 0; i < count; i++) {
        n += (size_t)sprintf(f->text + n, "p/%04zu\n", i);
    }
    f->in = fmemopen(f->text, n, "r");
    assert_non_null(f->in);
    f->keys = keys_of_text(f->in);
}

static void close_source(struct fixture *f)
{
    keys_free(f->keys);
    f->keys = NULL;
    if (f->in != NULL) {
        (void)fclose(f->in);
        f->in = NULL;
    }
    free(f->text);
    f->text = NULL;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    memset(&sqs, 0, sizeof(sqs));
    sqs.refuse = -1;
    (void)strcpy(f->folder, "/tmp/backfillXXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/c", f->folder);
    (void)strcpy(f->at.job, "j");
    (void)strcpy(f->at.what, "w");
    f->s = (struct backfill_settings){.customer = &acme,
                                      .range = {.below = SPAN("p/")},
                                      .queue = some_queue,
                                      .path = f->path,
                                      .at = &f->at};
    f->now_ms = 1000;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    close_source(f);
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

/* Call backfill_next at most `calls` times; waits pass at once. */
static enum backfill_state run(struct fixture *f, struct backfill *b, int calls, struct err *e)
{
    enum backfill_state state = BACKFILL_MORE;
    for (int i = 0; i < calls && state != BACKFILL_DONE && state != BACKFILL_FAILED; i++) {
        state = backfill_next(b, f->now_ms, e);
        f->now_ms += backfill_wait_ms(b);
    }
    return state;
}

static void assert_sent(size_t count, uint32_t times)
{
    for (size_t i = 0; i < count; i++) {
        if (sqs.sent[i] != times) {
            print_error("key %zu was sent %u times\n", i, sqs.sent[i]);
        }
        assert_int_equal(sqs.sent[i], times);
    }
}

static void sends_every_key_once_and_marks_it(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 2505);
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_sent(2505, 1);
    assert_int_equal(sqs.marked, 2505);
    assert_int_equal(sqs.calls, 251);
    struct checkpoint c;
    assert_int_equal(checkpoint_load(f->path, &c, &e), FAIL_NONE);
    assert_true(c.finished);
    assert_int_equal(c.position, 2505);
    assert_int_equal(c.done.objects[CHOICE_TAKEN], 2505);
}

/* Killed after any number of calls: the next process begins with the checkpoint in the file. */
static void a_kill_repeats_at_most_a_page(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    int kills = 0;
    for (int calls = 37;; calls += 41) {
        struct checkpoint c;
        if (checkpoint_load(f->path, &c, &e) != FAIL_NONE) {
            c = (struct checkpoint){.job = "j", .what = "w"};
        }
        f->at = c;
        open_source(f, 4000);
        struct s3_entry entry;
        for (uint64_t i = 0; i < c.position; i++) {
            assert_true(keys_next(f->keys, &entry, &e));
        }
        OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
        enum backfill_state end = run(f, b, calls, &e);
        close_source(f);
        if (end == BACKFILL_DONE) {
            break;
        }
        kills++;
    }
    assert_in_range(kills, 2, 100);
    uint64_t all = 0;
    for (size_t i = 0; i < 4000; i++) {
        assert_true(sqs.sent[i] >= 1);
        all += sqs.sent[i];
    }
    assert_true(all <= 4000U + (unsigned)kills * BACKFILL_PAGE);
    assert_true(all > 4000); /* some of the kills were within a page */
}

static void what_is_not_confirmed_is_sent_again_and_nothing_else(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 100);
    sqs.refuse = 3;
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(backfill_next(b, f->now_ms, &e), BACKFILL_WAIT);
    assert_int_equal(backfill_trouble(b)->kind, FAIL_AGAIN);
    assert_int_equal(backfill_done(b)->objects[CHOICE_TAKEN], 0);
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_sent(100, 1);
}

static void a_throttled_queue_is_waited_for(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 100);
    sqs.whole = FAIL_THROTTLED;
    sqs.whole_calls = 5;
    int64_t before_ms = f->now_ms;
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_sent(100, 1);
    assert_true(f->now_ms - before_ms > 5000);
}

static void a_denial_ends_it_and_keeps_the_checkpoint(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 3000);
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, 150, &e), BACKFILL_MORE);
    sqs.whole = FAIL_DENIED;
    sqs.whole_calls = 1;
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_FAILED);
    assert_int_equal(e.kind, FAIL_DENIED);
    struct checkpoint c;
    assert_int_equal(checkpoint_load(f->path, &c, &e), FAIL_NONE);
    assert_int_equal(c.position, 1000);
    assert_false(c.finished);
}

static uint64_t sent_count(void)
{
    uint64_t n = 0;
    for (size_t i = 0; i < MOST; i++) {
        n += sqs.sent[i];
    }
    return n;
}

static void only_the_room_in_the_queue_is_used(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 100);
    f->s.queue_room = 50;
    sqs.visible = 50;
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, 5, &e), BACKFILL_WAIT);
    assert_int_equal(sqs.calls, 0);
    assert_int_equal(backfill_crowd(b), 0);
    assert_int_equal(run(f, b, 60, &e), BACKFILL_WAIT);
    assert_int_equal(backfill_crowd(b), 50); /* after five seconds it is told */
    sqs.visible = 26;                        /* room for 24: two batches and a part of one */
    assert_int_equal(run(f, b, 3, &e), BACKFILL_MORE);
    assert_int_equal(sent_count(), 24);
    assert_int_equal(backfill_crowd(b), 26);
    sqs.visible = 60;
    assert_int_equal(run(f, b, 3, &e), BACKFILL_WAIT);
    assert_int_equal(sent_count(), 24);
    sqs.visible = 0;
    f->now_ms += 10000; /* a call of S3 took so long, not the queue */
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_int_equal(backfill_crowd(b), 0);
    assert_sent(100, 1);
}

/* One message of it at a time is taken: it never waits for five seconds, and is slow. */
static void a_queue_with_room_from_time_to_time_is_told_as_well(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 100);
    f->s.queue_room = 10;
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    for (int i = 0; i < 70; i++) {
        sqs.visible = i % 4 == 0 ? 9 : 10;
        assert_int_not_equal(run(f, b, 1, &e), BACKFILL_FAILED);
    }
    assert_true(sent_count() > 10 && sent_count() < 30);
    assert_in_range(backfill_crowd(b), 9, 10);
}

/* Ended while a batch is gathered and not confirmed: the next process begins with that batch. */
static void what_ends_by_a_signal_goes_on_with_the_next_message(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 100);
    struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, 3, &e), BACKFILL_MORE);
    sqs.whole = FAIL_THROTTLED;
    sqs.whole_calls = 1;
    assert_int_equal(run(f, b, 1, &e), BACKFILL_WAIT);
    assert_true(backfill_stop(b, &e));
    backfill_free(b);
    close_source(f);
    struct checkpoint c;
    assert_int_equal(checkpoint_load(f->path, &c, &e), FAIL_NONE);
    assert_int_equal(c.position, 30);
    assert_int_equal(c.done.objects[CHOICE_TAKEN], 30);
    assert_memory_equal(c.last, "p/0029", c.last_bytes);
    assert_false(c.finished);
    f->at = c;
    open_source(f, 100);
    struct s3_entry entry;
    for (uint64_t i = 0; i < c.position; i++) {
        assert_true(keys_next(f->keys, &entry, &e));
    }
    b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    backfill_free(b);
    assert_sent(100, 1);
}

static void a_room_smaller_than_a_batch_is_enough(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 100);
    f->s.queue_room = 3;
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_sent(100, 1);
}

/* SQS's numbers are approximate: a queue that seems empty may not be. */
static void the_queue_is_asked_at_most_ten_times_a_second(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 1000);
    f->s.queue_room = 20;
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    int64_t before_ms = f->now_ms;
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_sent(1000, 1);
    assert_int_equal(sqs.asked, 50);
    assert_in_range(f->now_ms - before_ms, 4900, 5000);
}

static void without_a_queue_it_only_counts(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 1234);
    f->s.queue = NULL;
    f->s.path = NULL;
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_int_equal(backfill_done(b)->objects[CHOICE_TAKEN], 1234);
    assert_int_equal(sqs.calls + sqs.asked, 0);
}

static void keys_outside_are_counted_named_and_not_sent(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    char text[] = "p/0001\nq/0002\n../p/0003\np/0004";
    f->in = fmemopen(text, sizeof(text) - 1, "r");
    f->keys = keys_of_text(f->in);
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_int_equal(backfill_done(b)->objects[CHOICE_TAKEN], 2);
    assert_int_equal(backfill_done(b)->objects[CHOICE_OUTSIDE], 2);
    assert_span_equal(backfill_outside(b), SPAN("q/0002"));
    assert_int_equal(sqs.sent[1] + sqs.sent[4], 2);
    assert_int_equal(sqs.sent[2] + sqs.sent[3], 0);
}

static void keeps_the_rate(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    open_source(f, 1000);
    f->s.per_s = 100;
    int64_t before_ms = f->now_ms;
    OWNED(backfill) struct backfill *b = backfill_new(&f->s, f->keys);
    assert_int_equal(run(f, b, MOST, &e), BACKFILL_DONE);
    assert_in_range(f->now_ms - before_ms, 9800, 10100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_every_key_once_and_marks_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_kill_repeats_at_most_a_page, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_confirmed_is_sent_again_and_nothing_else, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_throttled_queue_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_denial_ends_it_and_keeps_the_checkpoint, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_room_in_the_queue_is_used, setup, teardown),
        cmocka_unit_test_setup_teardown(a_queue_with_room_from_time_to_time_is_told_as_well, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_ends_by_a_signal_goes_on_with_the_next_message, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_room_smaller_than_a_batch_is_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(the_queue_is_asked_at_most_ten_times_a_second, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_a_queue_it_only_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_outside_are_counted_named_and_not_sent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(keeps_the_rate, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
