/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_world.h - scripted surroundings of a lane: S3, credentials, the normalizer, the sink, ops
 * events. Replaces net/s3.c, net/creds.c, net/sink.c, ops/ops.c and event/normalize.c.
 *
 * The normalizer makes an event of each line, with the line as its value; of a line "bad..." a
 * reject; of "two" two events. "replaced", "duplicate" and "enveloped" have the flag of that name.
 * A line above 64 KiB needs the shared readers, and is made in three steps.
 */
#ifndef TESTS_FLOW_FAKE_WORLD_H
#define TESTS_FLOW_FAKE_WORLD_H

#include "event/normalize.h"
#include "event/reject.h"
#include "net/creds.h"
#include "net/s3.h"
#include "net/sink.h"
#include "net/sts.h"
#include "ops/ops.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- S3 ---- */

struct fake_answer {
    enum err_kind kind;   /* after the body, if there is one */
    const char *code;     /* AWS's error code */
    struct span body;     /* p NULL: refused before the first byte */
    struct span replaced; /* body of a version that is replaced after it; p NULL: none */
    size_t piece;         /* bytes per call; 0: all */
};

static struct {
    struct fake_answer answers[8];
    size_t count, asked;
    size_t heads;        /* number of HEAD requests */
    bool head_fails;     /* ... which fail */
    const char *current; /* the version in S3, also for GET; NULL: "v1" */
    char key[128];
    char version[64];
    void (*during)(void); /* called before each piece; may be NULL */
} fake_s3;

struct s3 {
    char unused;
};

struct s3 *s3_new(const struct s3_settings *settings UNUSED)
{
    return calloc(1, sizeof(struct s3));
}

void s3_free(struct s3 *s)
{
    free(s);
}

void s3_stop(struct s3 *s UNUSED)
{
}

static enum err_kind fake_s3_body(const struct s3_consumer *to, struct span body, size_t piece,
                                  bool replaced, struct err *e)
{
    struct s3_meta meta = {.length = (int64_t)body.n, .replaced = replaced};
    (void)snprintf(meta.version, sizeof(meta.version), "%s",
                   fake_s3.current != NULL ? fake_s3.current : "v1");
    (void)snprintf(meta.etag, sizeof(meta.etag), "e1");
    enum err_kind kind = to->begin(to->ctx, &meta, e);
    while (body.n != 0 && kind == FAIL_NONE) {
        size_t n = piece != 0 && piece < body.n ? piece : body.n;
        if (fake_s3.during != NULL) {
            fake_s3.during();
        }
        kind = to->body(to->ctx, span_take(&body, n), e);
    }
    return kind;
}

enum err_kind s3_get(struct s3 *s UNUSED, const struct s3_object *o,
                     struct creds_source *creds UNUSED, const struct s3_consumer *to, struct err *e)
{
    size_t at = fake_s3.asked < fake_s3.count ? fake_s3.asked : fake_s3.count - 1;
    const struct fake_answer *a = &fake_s3.answers[at];
    fake_s3.asked++;
    (void)snprintf(fake_s3.key, sizeof(fake_s3.key), "%.*s", SPAN_FMT(o->key));
    (void)snprintf(fake_s3.version, sizeof(fake_s3.version), "%.*s", SPAN_FMT(o->version_id));
    enum err_kind kind = FAIL_NONE;
    if (a->replaced.p != NULL) {
        kind = fake_s3_body(to, a->replaced, a->piece, false, e);
    }
    if (kind == FAIL_NONE && a->body.p != NULL) {
        kind = fake_s3_body(to, a->body, a->piece, a->replaced.p != NULL, e);
    }
    if (kind != FAIL_NONE || a->kind == FAIL_NONE) {
        return kind;
    }
    err_copy(e->code, sizeof(e->code), span_str(a->code));
    return err_set(e, a->kind, "s3: as the test says");
}

enum err_kind s3_head(struct s3 *s UNUSED, const struct s3_object *o UNUSED,
                      struct creds_source *creds UNUSED, const struct s3_consumer *to,
                      struct s3_meta *out, struct err *e)
{
    fake_s3.heads++;
    assert_non_null(to->look);
    if (fake_s3.head_fails) {
        return err_set(e, FAIL_DENIED, "s3: as the test says");
    }
    *out = (struct s3_meta){.length = -1};
    (void)snprintf(out->version, sizeof(out->version), "%s",
                   fake_s3.current != NULL ? fake_s3.current : "v1");
    return FAIL_NONE;
}

/* ---- Credentials ---- */

static struct {
    enum err_kind kind;
    enum err_kind renewal; /* result of a renewal */
    bool lost;             /* S3 ended the session: its denials are those of STS */
    int64_t expires_ms;
    enum err_kind unguarded; /* result of the check of the external id */
    atomic_int roles;
    atomic_int probes;
} fake_creds;

struct creds_source {
    char unused;
};

struct creds_source *creds_source_role(struct creds_source *parent UNUSED,
                                       const struct creds_settings *s UNUSED,
                                       const struct role_request *r UNUSED, struct err *e UNUSED)
{
    fake_creds.roles++;
    return calloc(1, sizeof(struct creds_source));
}

void creds_source_free(struct creds_source *s)
{
    free(s);
}

const char *creds_source_name(const struct creds_source *s UNUSED)
{
    return "fake";
}

bool creds_renewal_failed(struct creds_source *s UNUSED, struct err *why)
{
    return fake_creds.renewal != FAIL_NONE &&
           err_set(why, fake_creds.renewal, "sts: as the test says") != FAIL_NONE;
}

bool creds_refused(struct creds_source *s UNUSED, const struct err *e)
{
    return fake_creds.lost && e->kind == FAIL_DENIED;
}

int64_t creds_expires_ms(struct creds_source *s UNUSED)
{
    return fake_creds.expires_ms;
}

enum err_kind creds_get(struct creds_source *s UNUSED, struct creds *out, struct err *e)
{
    memset(out, 0, sizeof(*out));
    return fake_creds.kind == FAIL_NONE ? FAIL_NONE
                                        : err_set(e, fake_creds.kind, "sts: as the test says");
}

enum err_kind sts_probe_external_id(struct sts *s UNUSED, struct creds_source *caller UNUSED,
                                    const struct role_request *r UNUSED, struct err *e)
{
    fake_creds.probes++;
    return fake_creds.unguarded == FAIL_NONE
               ? FAIL_NONE
               : err_set(e, fake_creds.unguarded, "sts: as the test says");
}

/* ---- The sink ---- */

enum { FAKE_RECORDS = 2048, FAKE_VALUE = 240 };

struct fake_record {
    char topic[64];
    char key[64];
    char value[FAKE_VALUE];
    size_t bytes;
    void *tag;
    const struct sink_topic *to;
};

struct sink_topic {
    char name[64];
};

static struct {
    struct fake_record records[FAKE_RECORDS];
    size_t count, reported;
    size_t fail_at; /* the record with this index, counted from 0, fails ... */
    enum err_kind fail;
    struct sink_topic topics[8];
    size_t topic_count;
    int32_t partition;      /* of the next reports */
    size_t partition_bytes; /* 0: unlimited */
    atomic_bool away;       /* no broker is reachable */
    bool leaderless;        /* a topic has no leader */
    void (*waiting)(void);  /* no room for any record at first; called by its wait. NULL: room */
} fake_sink;

struct sink_topic *sink_topic(struct sink *s UNUSED, const char *name)
{
    struct sink_topic *t = &fake_sink.topics[fake_sink.topic_count++ % 8];
    (void)snprintf(t->name, sizeof(t->name), "%s", name);
    return t;
}

bool sink_reached(const struct sink *s UNUSED)
{
    return !atomic_load(&fake_sink.away);
}

enum err_kind sink_topic_explain(struct sink *s UNUSED, const char *name, int timeout_ms UNUSED,
                                 struct err *e)
{
    err_clear(e);
    return fake_sink.leaderless
               ? err_set(e, FAIL_AGAIN, "kafka: topic %s: partition 0 has no leader", name)
               : FAIL_NONE;
}

size_t sink_partition_bytes(const struct sink *s UNUSED)
{
    return fake_sink.partition_bytes != 0 ? fake_sink.partition_bytes : 1000000;
}

/* What a query about any topic returns. */
static struct sink_topic_facts fake_topic_facts;

enum err_kind sink_topic_describe(struct sink *s UNUSED, const char *name UNUSED,
                                  int timeout_ms UNUSED, struct sink_topic_facts *out,
                                  struct err *e UNUSED)
{
    *out = fake_topic_facts;
    return FAIL_NONE;
}

size_t sink_max_bytes(const struct sink *s UNUSED)
{
    return 1000000;
}

enum err_kind sink_produce(struct sink *s UNUSED, const struct sink_record *r, struct err *e)
{
    if (fake_sink.fail != FAIL_NONE && fake_sink.count >= fake_sink.fail_at) {
        return err_set(e, fake_sink.fail, "kafka: as the test says");
    }
    if (fake_sink.waiting != NULL && r->full != NULL) {
        *r->full = true;
        return FAIL_NONE;
    }
    if (fake_sink.waiting != NULL) {
        fake_sink.waiting();
    }
    struct fake_record *f = &fake_sink.records[fake_sink.count++ % FAKE_RECORDS];
    (void)snprintf(f->topic, sizeof(f->topic), "%s", r->topic->name);
    (void)snprintf(f->key, sizeof(f->key), "%.*s", SPAN_FMT(r->key));
    (void)snprintf(f->value, sizeof(f->value), "%.*s", SPAN_FMT(r->value));
    f->bytes = r->key.n + r->value.n;
    f->tag = r->tag;
    f->to = r->topic;
    return FAIL_NONE;
}

/* Report the next record: acknowledged, with its number as its offset, or not. */
UNUSED static void fake_sink_report(sink_delivered_fn *delivered, enum err_kind kind)
{
    struct err e = {.kind = kind};
    struct fake_record *f = &fake_sink.records[fake_sink.reported];
    if (kind != FAIL_NONE) {
        (void)err_set(&e, kind, "kafka: as the test says");
    }
    struct sink_report r = {.tag = f->tag,
                            .bytes = f->bytes,
                            .topic = f->to->name,
                            .partition = fake_sink.partition,
                            .offset = kind == FAIL_NONE ? 100 + (int64_t)fake_sink.reported : -1,
                            .err = &e};
    fake_sink.reported++;
    delivered(&r);
}

/* ---- The normalizer ---- */

struct normalizer {
    struct converter *converter; /* needed to read a piece */
    char text[FAKE_VALUE];
    unsigned left;
    bool is_long;
    bool has_readers;
    step_fn *on_step;
    void *ctx;
};

struct normalizer *normalizer_new(const struct normalize_options *o UNUSED)
{
    return calloc(1, sizeof(struct normalizer));
}

void normalizer_free(struct normalizer *n)
{
    free(n);
}

struct converter {
    bool attached;
};

void normalizer_attach(struct normalizer *n, struct converter *c)
{
    assert_null(n->converter);
    assert_false(c->attached); /* else two lanes would write into it */
    n->converter = c;
    c->attached = true;
}

void normalizer_detach(struct normalizer *n)
{
    n->converter->attached = false;
    n->converter = NULL;
}

void normalizer_keep(struct normalizer *n UNUSED, struct output *out UNUSED)
{
}

void normalizer_trim(struct normalizer *n UNUSED)
{
}

static unsigned fake_normalizer_objects;

void normalizer_object(struct normalizer *n, const struct object_origin *origin UNUSED,
                       const struct rules *rules UNUSED)
{
    n->left = 0;
    fake_normalizer_objects++;
}

static void (*fake_normalizer_during)(void);  /* called before each output; may be NULL */
static void (*fake_normalizer_waiting)(void); /* called in a wait for the readers; may be NULL */
static unsigned fake_normalizer_steps;

static size_t fake_normalizer_limit;

void normalizer_limit(struct normalizer *n UNUSED, size_t event_bytes)
{
    fake_normalizer_limit = event_bytes;
}

void normalizer_piece(struct normalizer *n, const struct piece *piece)
{
    (void)snprintf(n->text, sizeof(n->text), "%.*s", SPAN_FMT(piece->text));
    if (piece->kind == PIECE_UNREAD) {
        (void)snprintf(n->text, sizeof(n->text), "bad: unread");
    }
    n->left = strcmp(n->text, "two") == 0 ? 2 : strcmp(n->text, "nothing") == 0 ? 0 : 1;
    n->is_long = piece->text.n > (size_t)64 * 1024;
}

bool normalizer_needs_readers(const struct normalizer *n)
{
    return n->is_long && n->left != 0;
}

void normalizer_take_readers(struct normalizer *n, step_fn *on_step, void *ctx)
{
    assert_null(n->converter); /* it waits, so it must not have one */
    if (fake_normalizer_waiting != NULL) {
        fake_normalizer_waiting();
    }
    n->has_readers = true;
    n->on_step = on_step;
    n->ctx = ctx;
}

void normalizer_release_readers(struct normalizer *n)
{
    assert_true(n->has_readers);
    n->has_readers = false;
}

/* False: no output is wanted any more. */
static bool fake_normalizer_work(struct normalizer *n)
{
    bool wanted = true;
    for (int step = 0; step < 3 && wanted; step++) {
        fake_normalizer_steps++;
        wanted = n->on_step(n->ctx);
    }
    return wanted;
}

uint64_t normalizer_dropped_behind(const struct normalizer *n)
{
    return strcmp(n->text, "enveloped behind") == 0 ? 1 : 0;
}

uint64_t normalizer_skipped(const struct normalizer *n)
{
    return strcmp(n->text, "nothing") == 0 ? 1 : 0;
}

/* A value that begins with {bad stands for no JSON. */
enum framing_answer normalizer_answer(const struct normalizer *n)
{
    return strncmp(n->text, "{bad", 4) == 0 ? FRAMING_NO_JSON : FRAMING_CONTINUE;
}

bool normalizer_next(struct normalizer *n, struct output *out)
{
    assert_true(normalizer_needs_readers(n) ? n->has_readers : n->converter != NULL);
    if (n->left == 0) {
        return false;
    }
    if (fake_normalizer_during != NULL) {
        fake_normalizer_during();
    }
    n->left--;
    if (n->is_long && !fake_normalizer_work(n)) {
        return false;
    }
    bool bad = strncmp(n->text, "bad", 3) == 0;
    *out = (struct output){.kind = bad ? OUTPUT_REJECT : OUTPUT_EVENT,
                           .value = span_str(n->text),
                           .reason = REJECT_BAD_JSON,
                           .count = 1,
                           .key.session = SPAN("session"),
                           .key.id = "00000000-0000-8000-8000-000000000000"};
    if (strncmp(n->text, "inventory", 9) == 0) {
        out->key.category = SPAN("inventory");
        out->time_from_object = true;
    }
    out->text_replaced = strcmp(n->text, "replaced") == 0;
    out->names_duplicate = strcmp(n->text, "duplicate") == 0;
    out->members_dropped = strcmp(n->text, "enveloped") == 0;
    return true;
}

void normalizer_reject_object(struct normalizer *n, enum reject_reason reason, struct span detail,
                              uint64_t offset, struct output *out)
{
    (void)snprintf(n->text, sizeof(n->text), "reject %d %.*s at %llu", (int)reason,
                   SPAN_FMT(detail), (unsigned long long)offset);
    *out = (struct output){
        .kind = OUTPUT_REJECT, .value = span_str(n->text), .reason = reason, .count = 1};
}

void normalizer_reject_rest(struct normalizer *n, enum reject_reason reason,
                            const struct reject_rest *rest, struct output *out)
{
    (void)snprintf(n->text, sizeof(n->text), "reject %d of %llu more at %llu, %llu bytes",
                   (int)reason, (unsigned long long)rest->count,
                   (unsigned long long)rest->extent.offset, (unsigned long long)rest->extent.bytes);
    *out = (struct output){
        .kind = OUTPUT_REJECT, .value = span_str(n->text), .reason = reason, .count = rest->count};
}

/* ---- Ops events: the last one is kept; replaces ops/ops.c ---- */

static struct {
    size_t count;
    char type[64];
    char data[2048];
    size_t verify_changes; /* these are not among `count` */
    char verify_result[32];
} fake_ops;

struct ops {
    char unused;
};

static pthread_mutex_t fake_ops_lock = PTHREAD_MUTEX_INITIALIZER;

static void fake_ops_keep(const char *type, struct buf *data)
{
    (void)pthread_mutex_lock(&fake_ops_lock);
    fake_ops.count++;
    (void)snprintf(fake_ops.type, sizeof(fake_ops.type), "%s", type);
    (void)snprintf(fake_ops.data, sizeof(fake_ops.data), "%.*s", SPAN_FMT(buf_span(data)));
    (void)pthread_mutex_unlock(&fake_ops_lock);
    buf_done(data);
}

struct ops *ops_new(const struct ops_settings *s UNUSED, struct err *e UNUSED)
{
    return NULL;
}

void ops_free(struct ops *o UNUSED)
{
}

void ops_object_ended(struct ops *o UNUSED, const char *type, const struct ops_object *object)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_object_write(&data, object);
    fake_ops_keep(type, &data);
}

void ops_customer_paused(struct ops *o, struct span customer, const struct err *why,
                         int64_t pause_ms)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    if (o != NULL) {
        ops_paused_write(&data, customer, why, pause_ms);
        fake_ops_keep(OPS_CUSTOMER_PAUSED, &data);
    }
}

void ops_customer_resumed(struct ops *o, struct span customer, int64_t paused_ms)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    if (o != NULL) {
        ops_resumed_write(&data, customer, paused_ms);
        fake_ops_keep(OPS_CUSTOMER_RESUMED, &data);
    }
}

void ops_verify_changed(struct ops *o UNUSED, struct span customer UNUSED,
                        const struct ops_verify *v)
{
    (void)pthread_mutex_lock(&fake_ops_lock);
    (void)snprintf(fake_ops.verify_result, sizeof(fake_ops.verify_result), "%s", v->result);
    fake_ops.verify_changes++;
    (void)pthread_mutex_unlock(&fake_ops_lock);
}

void ops_reconciled(struct ops *o UNUSED, struct span customer, const struct ops_reconcile *r)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_reconcile_write(&data, customer, r);
    fake_ops_keep(OPS_RECONCILED, &data);
}

void ops_worker_changed(struct ops *o UNUSED, const char *type UNUSED,
                        const struct ops_worker *w UNUSED)
{
}

enum err_kind ops_check(struct ops *o UNUSED, int timeout_ms UNUSED, struct err *e UNUSED)
{
    return FAIL_NONE;
}

bool ops_flush(struct ops *o UNUSED, int timeout_ms UNUSED)
{
    return true;
}

void ops_counts(const struct ops *o UNUSED, struct ops_counts *out)
{
    *out = (struct ops_counts){.dropped = 0};
}

UNUSED static void fake_world_reset(void)
{
    memset(&fake_s3, 0, sizeof(fake_s3));
    memset(&fake_creds, 0, sizeof(fake_creds));
    memset(&fake_sink, 0, sizeof(fake_sink));
    memset(&fake_ops, 0, sizeof(fake_ops));
    memset(&fake_topic_facts, 0, sizeof(fake_topic_facts));
    fake_normalizer_objects = 0;
    fake_normalizer_during = NULL;
    fake_normalizer_waiting = NULL;
    fake_normalizer_steps = 0;
}

#endif
