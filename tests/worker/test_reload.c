/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/alloc.h"
#include "fakes/captured_log.h"
#include "fakes/fake_sqs.h"
#include "fakes/fake_world.h"
#include "worker_priv.h"

/* ---- What the worker's parts call, and the intake, which is not started ---- */

static struct {
    unsigned reloaded;
    char topics[256];    /* those that were checked */
    const char *bad_url; /* sqs_queue_new refuses it */
    size_t queues;       /* that exist */
    int64_t reconcile_ms;
    unsigned asked; /* how often Kafka was asked for topics */
} seen;

void monitor_reloaded(struct monitor *m UNUSED, const struct conf *conf UNUSED)
{
    seen.reloaded++;
}

void reconciles_configure(struct reconciles *r UNUSED, const struct conf *conf)
{
    seen.reconcile_ms = conf->reconcile.interval_ms;
}

void monitor_reload_failed(struct monitor *m UNUSED, const char *why UNUSED)
{
}

struct sqs_queue {
    char unused;
};

struct sqs_queue *sqs_queue_new(const struct sqs_settings *s UNUSED, const char *url,
                                const char *region UNUSED, struct err *e)
{
    if (seen.bad_url != NULL && strcmp(url, seen.bad_url) == 0) {
        (void)err_set(e, FAIL_CONFIG, "sqs: as the test says");
        return NULL;
    }
    seen.queues++;
    return calloc(1, sizeof(struct sqs_queue));
}

void sqs_queue_free(struct sqs_queue *q)
{
    seen.queues -= q != NULL;
    free(q);
}

struct sqs_queue *sqs_queue_beside(const struct sqs_queue *q UNUSED, const char *arn UNUSED,
                                   struct err *e)
{
    (void)err_set(e, FAIL_CONFIG, "sqs: as the test says");
    return NULL;
}

struct sqs_poller *sqs_poller_new(void)
{
    return NULL;
}

void sqs_poller_free(struct sqs_poller *p UNUSED)
{
}

void sqs_poller_start(struct sqs_poller *p UNUSED, struct sqs_queue *q UNUSED, int max UNUSED,
                      int wait_s UNUSED, int visibility_s UNUSED, void *tag UNUSED)
{
}

bool sqs_poller_next(struct sqs_poller *p UNUSED, int timeout_ms UNUSED,
                     struct sqs_polled *out UNUSED)
{
    return false;
}

void sqs_poller_wake(struct sqs_poller *p UNUSED)
{
}

enum err_kind sqs_get_attributes(struct sqs_queue *q UNUSED, struct sqs_attributes *out UNUSED,
                                 struct err *e)
{
    return err_set(e, FAIL_AGAIN, "not in this test");
}

bool sqs_clock_news(struct sqs_queue *q UNUSED, int64_t *offset_ms UNUSED)
{
    return false;
}

enum err_kind sink_topic_check(struct sink *s UNUSED, const char *name, int timeout_ms UNUSED,
                               struct err *e UNUSED)
{
    size_t n = strlen(seen.topics);
    (void)snprintf(seen.topics + n, sizeof(seen.topics) - n, "%s ", name);
    return FAIL_NONE;
}

enum err_kind sink_topics_ask(struct sink *s UNUSED, struct sink_topic_answer *list, size_t count,
                              int timeout_ms UNUSED, int most_ms UNUSED, struct err *e UNUSED)
{
    seen.asked++;
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(seen.topics);
        (void)snprintf(seen.topics + n, sizeof(seen.topics) - n, "%s ", list[i].name);
        list[i].facts = fake_topic_facts;
    }
    return FAIL_NONE;
}

enum err_kind sink_topic_answer_err(const struct sink_topic_answer *a UNUSED, struct err *e UNUSED)
{
    return FAIL_NONE;
}

/* ---- Configurations ---- */

/*
 * A text of words: "q1" is a queue, "q1=600" with this visibility timeout, "q1@other" at another
 * URL; "acme:q1" a customer of it, "acme:q1:topic" with a topic, "acme:q1::3" with 3 lanes at most;
 * "key=x" is kafka.key, "lanes=4" and "share=0.5" are limits; "reconcile=9" is reconcile.interval.
 */
static void add_queue(struct conf *c, const char *word)
{
    char name[32] = "";
    char url[64] = "";
    int visibility_s = 120;
    if (sscanf(word, "%31[^=@]=%d", name, &visibility_s) < 2) {
        (void)sscanf(word, "%31[^=@]@%63s", name, url);
    }
    c->queues[c->queue_count++] = (struct queue_conf){.name = mem_text(name),
                                                      .url = mem_text(url[0] != '\0' ? url : name),
                                                      .region = mem_text("eu-west-1"),
                                                      .visibility_s = visibility_s,
                                                      .heartbeat_s = visibility_s / 3,
                                                      .wait_s = 20,
                                                      .customer_count = 1};
}

static void add_customer(struct conf *c, const char *word)
{
    char id[32] = "";
    char queue[32] = "";
    char topic[64] = "";
    int lanes = 0;
    if (sscanf(word, "%31[^:]:%31[^:]:%63[^:]:%d", id, queue, topic, &lanes) < 3) {
        (void)sscanf(word, "%31[^:]:%31[^:]::%d", id, queue, &lanes);
    }
    struct customer_conf *customer = &c->customers[c->customer_count++];
    *customer = (struct customer_conf){.id = mem_text(id),
                                       .bucket = mem_text("bucket"),
                                       .prefix = mem_text(id),
                                       .region = mem_text("eu-west-1"),
                                       .role_arn = mem_text("arn:1"),
                                       .topic = mem_text(topic[0] != '\0' ? topic : "events"),
                                       .max_lanes = lanes};
    for (size_t q = 0; q < c->queue_count; q++) {
        if (strcmp(c->queues[q].name, queue) == 0) {
            customer->queue = &c->queues[q];
            customer->queue_name = mem_text(queue);
        }
    }
    assert_non_null(customer->queue);
}

static struct conf *conf_of(const char *words)
{
    struct conf *c = mem_zeros(1, sizeof(*c));
    char key[32] = "{customer}";
    char word[64];
    int n = 0;
    c->queues = mem_zeros(8, sizeof(*c->queues));
    c->customers = mem_zeros(8, sizeof(*c->customers));
    c->limits.lanes = 4;
    c->limits.reject_share = 0.9;
    c->kafka.queue_bytes = 1 << 20;
    c->log.level = LOG_INFO;
    for (; sscanf(words, "%63s%n", word, &n) == 1; words += n) {
        if (sscanf(word, "key=%31s", key) == 1 || sscanf(word, "lanes=%d", &c->limits.lanes) == 1 ||
            sscanf(word, "share=%lf", &c->limits.reject_share) == 1 ||
            sscanf(word, "memory=%zu", &c->limits.memory) == 1 ||
            sscanf(word, "reconcile=%ld", &c->reconcile.interval_ms) == 1) {
            continue;
        }
        (strchr(word, ':') != NULL ? add_customer : add_queue)(c, word);
    }
    c->kafka.key = mem_text(key);
    return c;
}

/* ---- A worker without threads ---- */

static struct worker w;
static struct conf *first;

static void start(const char *words)
{
    struct err e = {.kind = FAIL_NONE};
    memset(&w, 0, sizeof(w));
    memset(&seen, 0, sizeof(seen));
    fake_world_reset();
    fake_sqs_reset();
    first = conf_of(words);
    w.conf = first;
    w.now = conf_hold(first);
    w.customers =
        customers_new(&(struct customers_parts){.conf = first, .clock = &clock_system}, &e);
    w.inbox = inbox_new(&(struct inbox_settings){
        .slots = 20, .lanes = 4, .sched_classes = customers_classes(w.customers)});
    w.acker = acker_new(NULL, 0, &clock_system);
    w.intake = intake_new(&(struct intake_parts){
        .inbox = w.inbox, .acker = w.acker, .customers = w.customers, .clock = &clock_system});
    for (size_t i = 0; i < first->queue_count; i++) {
        struct worker_queue *q = worker_queue_new(&w, &first->queues[i], &e);
        struct acker_queue to_acker = worker_acker_queue(q, &first->queues[i]);
        inbox_add_queue(w.inbox);
        acker_add_queue(w.acker, &to_acker);
        worker_queue_keep(&w, q);
        intake_add_queue(w.intake,
                         &(struct intake_queue){&q->origin, worker_queue_times(&first->queues[i])});
    }
    captured_log_begin(LOG_INFO);
}

static int end(void **state UNUSED)
{
    if (w.customers == NULL) {
        return 0;
    }
    captured_log_end();
    intake_free(w.intake);
    inbox_free(w.inbox);
    acker_free(w.acker);
    customers_free(w.customers);
    for (size_t i = 0; i < w.queue_count; i++) {
        worker_queue_free(w.queues[i]);
    }
    free(w.queues);
    text_index_done(&w.queue_numbers);
    conf_release(w.now);
    conf_free(first);
    w.customers = NULL;
    assert_int_equal(seen.queues, 0);
    return 0;
}

static struct worker_changes changes;
static struct err why;

static enum err_kind reload(const char *words)
{
    struct conf *c = conf_of(words);
    why = (struct err){.kind = FAIL_NONE};
    enum err_kind kind = worker_reload(&w, c, &changes, &why);
    conf_free(c);
    return kind;
}

static struct customer *find(size_t queue, const char *id)
{
    char key[64];
    (void)snprintf(key, sizeof(key), "%s/x", id);
    return customers_find(w.customers, queue, SPAN("bucket"), span_str(key), NOTIFICATION_S3);
}

static bool is_there(size_t queue, const char *id)
{
    struct customer *c = find(queue, id);
    customer_release(c);
    return c != NULL;
}

/* ---- Tests ---- */

static void adds_and_removes_customers_and_queues(void **state UNUSED)
{
    start("q0 acme:q0");
    assert_int_equal(reload("q0 q1 acme:q0 bolt:q1 cord:q1"), FAIL_NONE);
    assert_int_equal(changes.customers.added, 2);
    assert_int_equal(changes.queues.added, 1);
    assert_int_equal(intake_queues(w.intake), 2);
    assert_string_equal(intake_queue_name(w.intake, 1), "q1");
    assert_true(is_there(0, "acme") && is_there(1, "bolt") && is_there(1, "cord"));

    assert_int_equal(reload("q1 cord:q1"), FAIL_NONE);
    assert_int_equal(changes.customers.removed, 2);
    assert_int_equal(changes.queues.removed, 1);
    assert_true(intake_removed(w.intake, 0));
    assert_false(intake_removed(w.intake, 1));
    assert_false(is_there(0, "acme") || is_there(1, "bolt"));
    assert_true(is_there(1, "cord"));

    assert_int_equal(reload("q1 q0 cord:q1 acme:q0"), FAIL_NONE); /* the same queue again */
    assert_int_equal(intake_queues(w.intake), 2);
    assert_false(intake_removed(w.intake, 0));
    assert_true(is_there(0, "acme"));
    assert_int_equal(seen.reloaded, 3);
}

static void a_queue_at_another_url_is_another_queue(void **state UNUSED)
{
    start("q0 acme:q0 q1");
    assert_int_equal(reload("q1"), FAIL_NONE);
    assert_int_equal(reload("q1 q0@elsewhere acme:q0"), FAIL_NONE);
    assert_int_equal(intake_queues(w.intake), 3);
    assert_true(intake_removed(w.intake, 0));
    assert_false(intake_removed(w.intake, 2));
    assert_non_null(strstr(w.queues[2]->identity, "\nelsewhere\n"));
    assert_true(is_there(2, "acme"));
    assert_false(is_there(0, "acme"));
}

static void names_the_keys_that_need_a_restart_and_changes_nothing(void **state UNUSED)
{
    start("q0 acme:q0");
    assert_int_equal(reload("q0 q1 bolt:q1 key={customer}/{session.id} lanes=8"), FAIL_CONFIG);
    assert_string_equal(why.text,
                        "cannot be changed while the worker runs: kafka.key, limits.lanes");
    assert_int_equal(reload("q0@elsewhere acme:q0"), FAIL_CONFIG);
    assert_string_equal(why.text, "cannot be changed while the worker runs: queues \"q0\".url");
    assert_int_equal(seen.reloaded, 0);
    assert_int_equal(intake_queues(w.intake), 1);
    assert_true(is_there(0, "acme"));
    assert_int_equal(worker_conf(&w)->customer_count, 1);
    assert_int_equal(reload("q0 q1 bolt:q1"), FAIL_NONE); /* the next good one is taken */
}

static void what_cannot_be_made_leaves_everything_as_it_was(void **state UNUSED)
{
    start("q0 acme:q0");
    seen.bad_url = "q2";
    assert_int_equal(reload("q1 q2 bolt:q1"), FAIL_CONFIG);
    assert_non_null(strstr(why.text, "queue q2"));
    assert_int_equal(reload("q1 bolt:q1:{customer}{"), FAIL_CONFIG); /* not a template */
    assert_false(intake_removed(w.intake, 0));
    assert_int_equal(intake_queues(w.intake), 1);
    assert_true(is_there(0, "acme"));
    assert_int_equal(seen.queues, 2);
    assert_int_equal(reload("q0 acme:q0 memory=1000"), FAIL_CONFIG);
}

static void refuses_what_would_not_fit_into_the_memory(void **state UNUSED)
{
    start("q0 acme:q0 memory=1000");
    assert_int_equal(reload("q0 acme:q0 bolt:q0 memory=1000"), FAIL_CONFIG);
    assert_non_null(strstr(why.text, "limits.memory"));
    assert_false(is_there(0, "bolt"));
}

static void counts_a_customer_with_several_changes_once(void **state UNUSED)
{
    start("q0 acme:q0 bolt:q0");
    assert_int_equal(reload("q0=600 acme:q0:other:2 bolt:q0:third share=0.5"), FAIL_NONE);
    assert_int_equal(changes.customers.changed, 2);
    assert_int_equal(changes.queues.changed, 1);
    assert_int_equal(changes.keys, 1);
    assert_int_equal(reload("q0=600 acme:q0:other:2 bolt:q0:third share=0.5"), FAIL_NONE);
    assert_int_equal(changes.customers.changed + changes.queues.changed + changes.keys, 0);
}

static void comparisons_are_turned_on_and_off(void **state UNUSED)
{
    start("q0 acme:q0");
    assert_int_equal(reload("q0 acme:q0 reconcile=60000"), FAIL_NONE);
    assert_int_equal(seen.reconcile_ms, 60000);
    assert_int_equal(changes.keys, 1);
    assert_int_equal(reload("q0 acme:q0"), FAIL_NONE);
    assert_int_equal(seen.reconcile_ms, 0);
}

static void changed_ones_keep_their_counters_and_get_their_limits(void **state UNUSED)
{
    start("q0 acme:q0");
    struct customer *before = find(0, "acme");
    stats_add(&before->stats->lines, 7);
    assert_int_equal(reload("q0 acme:q0::1 share=0.5"), FAIL_NONE);
    struct customer *after = find(0, "acme");
    assert_ptr_not_equal(before, after);
    assert_int_equal(stats_get(&after->stats->lines), 7);
    assert_int_equal(after->sched_class, before->sched_class);
    assert_true(before->whole->limits.reject_share > 0.8); /* what began before ends with it */
    assert_true(after->whole->limits.reject_share < 0.6);
    assert_int_equal(after->conf->max_lanes, 1);
    customer_release(before);
    customer_release(after);
}

static void checks_the_topics_that_are_new(void **state UNUSED)
{
    start("q0 acme:q0");
    fake_topic_facts.max_bytes = 100000;
    assert_int_equal(reload("q0 acme:q0 bolt:q0:own dora:q0:more cord:q0:own"), FAIL_NONE);
    assert_string_equal(seen.topics, "own more ");
    assert_int_equal(seen.asked, 1); /* once for all of them */
    struct customer *bolt = find(0, "bolt");
    struct customer *acme = find(0, "acme");
    struct customer *cord = find(0, "cord");
    assert_true(atomic_load(&cord->event_bytes) <= 100000);
    customer_release(cord);
    assert_true(atomic_load(&bolt->event_bytes) <= 100000);
    assert_true(atomic_load(&acme->event_bytes) > 100000);
    customer_release(bolt);
    customer_release(acme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(adds_and_removes_customers_and_queues, end),
        cmocka_unit_test_teardown(a_queue_at_another_url_is_another_queue, end),
        cmocka_unit_test_teardown(names_the_keys_that_need_a_restart_and_changes_nothing, end),
        cmocka_unit_test_teardown(what_cannot_be_made_leaves_everything_as_it_was, end),
        cmocka_unit_test_teardown(refuses_what_would_not_fit_into_the_memory, end),
        cmocka_unit_test_teardown(counts_a_customer_with_several_changes_once, end),
        cmocka_unit_test_teardown(changed_ones_keep_their_counters_and_get_their_limits, end),
        cmocka_unit_test_teardown(checks_the_topics_that_are_new, end),
        cmocka_unit_test_teardown(comparisons_are_turned_on_and_off, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
