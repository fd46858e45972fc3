/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dead_letters.h - a redrive over a fake of SQS with one dead-letter queue, whose message i is of
 * the key p/i. It fails the test if a message is deleted that no queue has accepted.
 */
/*
 * dead_letters.h - a redrive over a fake of SQS with one dead-letter queue, whose message i is of
 * the key p/i. It fails the test if a message is deleted that no queue has accepted.
 */
#ifndef TESTS_JOBS_DEAD_LETTERS_H
#define TESTS_JOBS_DEAD_LETTERS_H

#include "base/alloc.h"
#include "codec/notification.h"
#include "codec/notification_write.h"
#include "jobs/redrive.h"
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1200, CUSTOMERS = 3, QUEUES = 3, LARGE_BYTES = 300 * 1000, SEND_BYTES = 1024 * 1024 };

struct dead_letter {
    const char *bucket;
    const char *body; /* NULL: a notification of the bucket */
    size_t padding;   /* more bytes of blanks in the notification */
    enum err_kind kind;
    const char *code; /* ... of a read; NULL: "" */
    bool hidden, deleted;
    int target; /* the queue that has accepted it; -1: none */
    int sends;
};

static struct {
    struct dead_letter list[MOST];
    size_t count;
    size_t probes, sends, largest;
    enum err_kind whole; /* of the next calls of sqs_send */
    int whole_calls;     /* ... this many */
    int refused_send;    /* this message is refused once; -1: none */
    int refused_delete;
    enum err_kind refused_kind;
    enum err_kind deletes; /* result of every delete */
} sqs;

static struct sqs_queue *handle_of(size_t queue)
{
    return (struct sqs_queue *)(uintptr_t)(queue + 1);
}

static int number_of(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

/* Of a key "p/NUMBER", which has no NUL at its end. */
static int number_in(struct span key)
{
    char number[16];
    (void)snprintf(number, sizeof(number), "%.*s", SPAN_FMT(span_from(key, 2)));
    return number_of(number);
}

/* ---- The fake ---- */

struct sqs_poller *sqs_poller_new(void)
{
    return mem_zeros(1, 1);
}

void sqs_poller_free(struct sqs_poller *p)
{
    free(p);
}

void sqs_poller_start(struct sqs_poller *p UNUSED, struct sqs_queue *q UNUSED, int max UNUSED,
                      int wait_s UNUSED, int visibility_s, void *tag UNUSED)
{
    assert_int_equal(visibility_s, REDRIVE_HIDDEN_S);
}

static struct sqs_message *message_of(size_t at)
{
    char text[32];
    const struct dead_letter *d = &sqs.list[at];
    struct buf body = BUF_INIT(NOTIFICATION_DRAFT_BYTES + SEND_BYTES);
    (void)snprintf(text, sizeof(text), "p/%04zu", at);
    if (d->body != NULL) {
        buf_add(&body, span_str(d->body));
    } else {
        notification_write(&body, &(struct notification_draft){.bucket = span_str(d->bucket),
                                                               .key = span_str(text),
                                                               .region = SPAN("eu-west-1"),
                                                               .job = SPAN("j")});
    }
    for (size_t i = 0; i < d->padding; i++) {
        buf_add_byte(&body, ' ');
    }
    struct sqs_message *m = mem_zeros(1, sizeof(*m));
    m->receipt_handle = mem_text(text + 2);
    char *copy = mem_grow(NULL, body.n, 1);
    memcpy(copy, body.p, body.n);
    m->body = span_of(copy, body.n);
    buf_done(&body);
    return m;
}

bool sqs_poller_next(struct sqs_poller *p UNUSED, int timeout_ms UNUSED, struct sqs_polled *out)
{
    *out = (struct sqs_polled){.count = 0};
    for (size_t i = 0; i < sqs.count && out->count < SQS_BATCH; i++) {
        if (!sqs.list[i].hidden && !sqs.list[i].deleted) {
            sqs.list[i].hidden = true;
            out->messages[out->count++] = message_of(i);
        }
    }
    return true;
}

enum err_kind sqs_send(struct sqs_queue *q, struct sqs_outgoing *m, size_t count, struct err *e)
{
    size_t bytes = 0;
    sqs.sends++;
    if (sqs.whole_calls > 0) {
        sqs.whole_calls--;
        return err_set(e, sqs.whole, "sqs: as the test says");
    }
    for (size_t i = 0; i < count; i++) {
        struct err bad = {0};
        OWNED(notification) struct notification *n = notification_read(m[i].body, &bad);
        assert_non_null(n);
        int at = number_in(n->records[0].key);
        bytes += m[i].body.n;
        if (at == sqs.refused_send) {
            sqs.refused_send = -1;
            m[i].kind = err_set(e, sqs.refused_kind, "sqs: refused");
            continue;
        }
        sqs.list[at].target = (int)(uintptr_t)q - 1;
        sqs.list[at].sends++;
        m[i].kind = FAIL_NONE;
    }
    sqs.largest = bytes > sqs.largest ? bytes : sqs.largest;
    return FAIL_NONE;
}

enum err_kind sqs_delete(struct sqs_queue *q UNUSED, struct sqs_entry *entries, size_t count,
                         struct err *e)
{
    if (sqs.deletes != FAIL_NONE) {
        return err_set(e, sqs.deletes, "sqs: as the test says");
    }
    for (size_t i = 0; i < count; i++) {
        int at = number_of(entries[i].receipt_handle);
        assert_true(sqs.list[at].target >= 0); /* a queue has confirmed it */
        if (at == sqs.refused_delete) {
            sqs.refused_delete = -1;
            entries[i].kind = err_set(e, sqs.refused_kind, "sqs: refused");
            continue;
        }
        sqs.list[at].deleted = true;
        entries[i].kind = FAIL_NONE;
    }
    return FAIL_NONE;
}

enum err_kind sqs_change_visibility(struct sqs_queue *q UNUSED, struct sqs_entry *entries,
                                    size_t count, struct err *e UNUSED)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(entries[i].visibility_s, 0);
        sqs.list[number_of(entries[i].receipt_handle)].hidden = false;
        entries[i].kind = FAIL_NONE;
    }
    return FAIL_NONE;
}

static enum err_kind probe(void *ctx UNUSED, const struct customer_conf *customer,
                           const struct notification_record *record, struct err *e)
{
    const struct dead_letter *d = &sqs.list[number_in(record->key)];
    assert_string_equal(customer->bucket, d->bucket);
    sqs.probes++;
    if (d->kind == FAIL_NONE) {
        return FAIL_NONE;
    }
    (void)snprintf(e->code, sizeof(e->code), "%s", d->code != NULL ? d->code : "");
    return err_set(e, d->kind, "s3: as the test says");
}

/* ---- The job ---- */

struct fixture {
    struct queue_conf queues[QUEUES];
    struct customer_conf customers[CUSTOMERS];
    struct conf conf;
    struct sqs_queue *handles[QUEUES];
    struct redrive_settings s;
    int64_t now_ms;
};

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* acme and bolt have one queue, cord another; the dead letters of the third are elsewhere. */
static int setup(void **state)
{
    static const char *const ids[] = {"acme", "bolt", "cord"};
    static const char *const buckets[] = {"acme-logs", "bolt-logs", "cord-logs"};
    struct fixture *f = mem_zeros(1, sizeof(*f));
    memset(&sqs, 0, sizeof(sqs));
    sqs.refused_send = sqs.refused_delete = -1;
    sqs.refused_kind = FAIL_AGAIN;
    for (size_t i = 0; i < CUSTOMERS; i++) {
        f->customers[i] = (struct customer_conf){.id = text_of(ids[i]),
                                                 .bucket = text_of(buckets[i]),
                                                 .prefix = text_of("p"),
                                                 .queue = &f->queues[i / 2]};
    }
    f->conf = (struct conf){.queues = f->queues,
                            .queue_count = QUEUES,
                            .customers = f->customers,
                            .customer_count = CUSTOMERS};
    f->handles[0] = handle_of(0);
    f->handles[1] = handle_of(1);
    f->s = (struct redrive_settings){
        .conf = &f->conf, .dead = handle_of(QUEUES), .queues = f->handles, .probe = probe};
    f->now_ms = 1000;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static struct dead_letter *add(const char *bucket)
{
    assert_true(sqs.count < MOST);
    sqs.list[sqs.count] = (struct dead_letter){.bucket = bucket, .target = -1};
    return &sqs.list[sqs.count++];
}

static void add_failing(const char *bucket, enum err_kind kind, const char *code)
{
    struct dead_letter *d = add(bucket);
    d->kind = kind;
    d->code = code;
}

static void add_body(const char *body)
{
    add("")->body = body;
}

static enum redrive_state run(struct fixture *f, struct redrive *r, struct err *e)
{
    enum redrive_state state = REDRIVE_MORE;
    while (state == REDRIVE_MORE || state == REDRIVE_WAIT) {
        state = redrive_next(r, f->now_ms, e);
        assert_true(state != REDRIVE_WAIT || redrive_wait_ms(r) > 0);
        f->now_ms += redrive_wait_ms(r);
    }
    redrive_end(r);
    return state;
}

/* "acme:readable::3/3 ...": customer, class, code, messages and those of them that were sent. */
static const char *groups_of(const struct redrive *r)
{
    static char text[1024];
    size_t count = 0, n = 0;
    const struct redrive_group *g = redrive_groups(r, &count);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s:%s:%s:%llu/%llu", i > 0 ? " " : "",
                              g[i].customer != NULL ? g[i].customer->id : "",
                              redrive_class(g[i].kind), g[i].code,
                              (unsigned long long)g[i].messages, (unsigned long long)g[i].sent);
        assert_true(n < sizeof(text));
    }
    return text;
}

/* The messages of the dead-letter queue that are there and visible. */
static size_t visible(void)
{
    size_t n = 0;
    for (size_t i = 0; i < sqs.count; i++) {
        n += !sqs.list[i].deleted && !sqs.list[i].hidden;
    }
    return n;
}

static void add_of_each_kind(void)
{
    for (int i = 0; i < 15; i++) {
        (void)add("acme-logs");
    }
    add_failing("acme-logs", FAIL_DENIED, "AccessDenied");
    add_failing("bolt-logs", FAIL_DENIED, "AccessDenied");
    add_failing("acme-logs", FAIL_DENIED, "AllAccessDisabled");
    add_failing("acme-logs", FAIL_KMS, "AccessDenied");
    add_failing("acme-logs", FAIL_DENIED, "AccessDenied");
    (void)add("bolt-logs");
    (void)add("cord-logs");
    (void)add("other-logs");
    add_body("no notification");
    add_body("{\"Event\":\"s3:TestEvent\"}");
}

#endif
