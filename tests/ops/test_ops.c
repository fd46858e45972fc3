/* SPDX-License-Identifier: Apache-2.0 */
/* The producer of ops events above a sink that acknowledges nothing until it is told to. */
#include "testing.h"

#include "base/buf.h"
#include "net/sink_budget.h"
#include "ops/ops.h"

#include <stdlib.h>

enum { QUEUE_BYTES = 100 * 1000, MOST = 1000 };

struct sink {
    struct sink_config config;
    struct sink_record records[MOST];
    size_t bytes[MOST];
    size_t count, reported;
    enum err_kind refuse;
};

static struct sink sink;
static struct ops *ops;

/* ---- a sink ---- */

struct sink *sink_new(const struct sink_config *c, struct err *e UNUSED)
{
    sink = (struct sink){.config = *c};
    return &sink;
}

static void report_all(enum err_kind kind)
{
    for (; sink.reported < sink.count; sink.reported++) {
        const struct err err = {.kind = kind};
        size_t bytes = sink.bytes[sink.reported];
        sink_budget_release(sink.config.budget, bytes);
        sink.config.delivered(&(struct sink_report){
            .tag = sink.records[sink.reported].tag, .bytes = bytes, .err = &err});
    }
}

void sink_free(struct sink *s UNUSED)
{
    report_all(FAIL_STOPPED);
}

struct sink_topic *sink_topic(struct sink *s UNUSED, const char *name UNUSED)
{
    return NULL;
}

enum err_kind sink_topic_check(struct sink *s UNUSED, const char *name UNUSED,
                               int timeout_ms UNUSED, struct err *e UNUSED)
{
    return FAIL_NONE;
}

enum err_kind sink_produce(struct sink *s, const struct sink_record *r, struct err *e)
{
    if (s->refuse != FAIL_NONE) {
        return err_set(e, s->refuse, "refused");
    }
    assert_true(s->count < MOST);
    size_t bytes = r->key.n + r->value.n;
    *r->full = !sink_budget_try(s->config.budget, bytes);
    if (!*r->full) {
        s->records[s->count] = *r;
        s->bytes[s->count++] = bytes;
    }
    return FAIL_NONE;
}

bool sink_flush(struct sink *s UNUSED, int timeout_ms UNUSED)
{
    return true;
}

bool sink_statistics(struct sink *s UNUSED, struct buf *out UNUSED)
{
    return false;
}

/* ---- tests ---- */

static int set_up(void **state UNUSED)
{
    struct err e;
    ops = ops_new(
        &(struct ops_settings){
            .topic = "ops", .host = "host", .queue_bytes = QUEUE_BYTES, .clock = &clock_system},
        &e);
    assert_non_null(ops);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    ops_free(ops);
    return 0;
}

/* Send events of the customer until one is dropped. Returns the bytes of those that were taken. */
static size_t fill(const char *customer)
{
    struct ops_counts counts;
    size_t from = sink.count;
    size_t bytes = 0;
    ops_counts(ops, &counts);
    for (uint64_t dropped = counts.dropped; counts.dropped == dropped; ops_counts(ops, &counts)) {
        ops_send(ops, &(struct ops_event){.type = OPS_OBJECT_DONE,
                                          .customer = span_str(customer),
                                          .subject = SPAN("s3://b/k"),
                                          .data = SPAN("{}")});
    }
    for (; from < sink.count; from++) {
        bytes += sink.bytes[from];
    }
    return bytes;
}

static void a_customer_with_many_events_leaves_room_to_others(void **state UNUSED)
{
    size_t first = fill("hostile");
    assert_in_range(first, QUEUE_BYTES / 2 - 1000, QUEUE_BYTES / 2);
    assert_in_range(fill("normal"), QUEUE_BYTES / 4 - 1000, QUEUE_BYTES / 4 + 1000);
    assert_true(fill("third") > 0);
    report_all(FAIL_NONE);
    assert_in_range(fill("hostile"), first - 1000, first + 1000); /* all was given back */
}

static void what_is_refused_is_given_back(void **state UNUSED)
{
    sink.refuse = FAIL_AGAIN;
    for (int i = 0; i < MOST; i++) {
        assert_int_equal(fill("one"), 0);
    }
    sink.refuse = FAIL_NONE;
    assert_in_range(fill("one"), QUEUE_BYTES / 2 - 1000, QUEUE_BYTES / 2);
    report_all(FAIL_AGAIN);
    assert_in_range(fill("one"), QUEUE_BYTES / 2 - 1000, QUEUE_BYTES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_customer_with_many_events_leaves_room_to_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused_is_given_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
