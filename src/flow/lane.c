/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.c - notice ▸ route ▸ s3 ▸ decode ▸ lines ▸ normalizer ▸ sink.
 *
 * An attempt starts every stage anew: decoder, lines, ordinals, counts. So a retry writes the
 * same bytes with the same ids, and s3_get may begin the body again when the version it
 * had pinned is gone.
 *
 * Damage of the compression does not end the transfer: only when every byte arrived (and
 * the checksum was right) is it the object that is damaged, and not the way to us.
 */
#include "flow/lane.h"

#include "base/cond.h"
#include "base/log.h"
#include "codec/decode.h"
#include "flow/produce.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    RATIO_FROM_BYTES = 64 * 1024 * 1024,
    SHARE_FROM_LINES = 1000, /* limits.reject_share counts from here */
    OBJECT_NAME_BYTES = 8 * 1024,
    LINE_HEAD_BYTES = 64 * 1024, /* what is kept of a line above the limit, for its sample */
};

/* One attempt at one object. Cleared by attempt_begin. */
struct attempt {
    struct customer *customer;
    const struct notice_record *record;
    struct receipt *receipt;
    struct buf object; /* "s3://bucket/key" */
    struct s3_meta meta;
    struct source source;
    enum outcome_subject subject; /* of the error */
    struct err damage;            /* of the compression; FAIL_NONE: none so far */
    uint64_t lines, events, rejects, object_bytes;
    bool begun; /* headers came: S3 lets us read */
    int64_t began_ms;
};

struct lane {
    struct lane_parts parts;
    struct s3 *s3;
    struct decode *decode;
    struct lines lines;
    struct normalizer *normalizer;
    struct produce produce;
    struct attempt now;
    struct rng rng;
    pthread_t thread;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t ended; /* stopped or done */
        bool stopped;
        bool done; /* the thread has nothing more to do */
    } shared;
};

struct lane *lane_new(const struct lane_parts *parts)
{
    struct lane *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        abort();
    }
    const struct conf *conf = parts->conf;
    struct decode_limits limits = {
        .object_bytes = conf->limits.object_bytes,
        .ratio = conf->limits.ratio,
        .ratio_from = RATIO_FROM_BYTES,
    };
    l->parts = *parts;
    l->s3 = s3_new(parts->s3);
    l->decode = decode_new(&limits);
    size_t line = conf->limits.line_bytes;
    lines_init(&l->lines, line, line < LINE_HEAD_BYTES ? line : LINE_HEAD_BYTES);
    l->normalizer = normalizer_new(parts->normalize);
    l->now.object = (struct buf)BUF_INIT(OBJECT_NAME_BYTES);
    rng_init_random(&l->rng);
    (void)pthread_mutex_init(&l->shared.lock, NULL);
    cond_init(&l->shared.ended);
    produce_init(&l->produce, &(struct produce_parts){
                                  .conf = conf,
                                  .customers = parts->customers,
                                  .sink = parts->sink,
                                  .rejects = parts->rejects,
                                  .stats = parts->stats,
                                  .clock = parts->clock,
                              });
    return l;
}

void lane_free(struct lane *l)
{
    if (l == NULL) {
        return;
    }
    s3_free(l->s3);
    decode_free(l->decode);
    lines_done(&l->lines);
    normalizer_free(l->normalizer);
    produce_done(&l->produce);
    buf_done(&l->now.object);
    (void)pthread_mutex_destroy(&l->shared.lock);
    (void)pthread_cond_destroy(&l->shared.ended);
    free(l);
}

/* ---- the way of a byte ---- */

static void attempt_restart(struct lane *l)
{
    struct attempt *a = &l->now;
    decode_reset(l->decode);
    lines_reset(&l->lines);
    a->damage = (struct err){.kind = FAIL_NONE};
    a->lines = a->events = a->rejects = a->object_bytes = 0;
    a->source = (struct source){
        .customer = a->customer->id,
        .object = buf_span(&a->object),
        .version = span_str(a->meta.version),
        .modified_ns = a->meta.modified_ns,
    };
    normalizer_object(l->normalizer, &a->source, a->customer->conf->rules);
}

static enum err_kind lane_begin(void *ctx, const struct s3_meta *meta, struct err *e UNUSED)
{
    struct lane *l = ctx;
    l->now.meta = *meta;
    l->now.begun = true;
    attempt_restart(l);
    return FAIL_NONE;
}

/* Too many of the lines are no events: this is no JSONL. */
static bool share_passed(const struct lane *l)
{
    double share = l->parts.conf->limits.reject_share;
    return share > 0 && l->now.lines >= SHARE_FROM_LINES &&
           (double)l->now.rejects > share * (double)l->now.lines;
}

static enum err_kind lane_line(struct lane *l, const struct line *line, struct err *e)
{
    struct attempt *a = &l->now;
    struct record record;
    a->lines++;
    normalizer_line(l->normalizer, line);
    while (normalizer_next(l->normalizer, &record)) {
        enum err_kind kind = produce_record(&l->produce, a->receipt, a->customer, &record, e);
        if (kind != FAIL_NONE) {
            a->subject = ABOUT_DELIVERY;
            return kind;
        }
        a->events += record.kind == RECORD_EVENT;
        a->rejects += record.kind == RECORD_REJECT;
    }
    if (share_passed(l)) {
        return err_set(e, FAIL_DATA, "not JSONL: %llu of %llu lines are rejects",
                       (unsigned long long)a->rejects, (unsigned long long)a->lines);
    }
    return FAIL_NONE;
}

static enum err_kind lane_text(struct lane *l, struct span text, struct err *e)
{
    struct line line;
    enum lease_loss loss = receipt_loss(l->now.receipt);
    if (loss != LEASE_OURS) {
        return err_set(e, FAIL_LOST, "%s",
                       loss == LEASE_LOST ? "the lease of the notification is gone"
                                          : "a message cannot be held for more than 12 hours");
    }
    while (lines_next(&l->lines, &text, &line)) {
        enum err_kind kind = lane_line(l, &line, e);
        if (kind != FAIL_NONE) {
            return kind;
        }
    }
    return FAIL_NONE;
}

/* What the decoder said when it gave no more text. */
static enum err_kind decoded(struct attempt *a, const struct err *said, struct err *e)
{
    if (said->kind == FAIL_LIMIT) {
        *e = *said;
        return FAIL_LIMIT;
    }
    a->damage = *said; /* FAIL_DATA or none */
    return FAIL_NONE;
}

static enum err_kind lane_body(void *ctx, struct span bytes, struct err *e)
{
    struct lane *l = ctx;
    struct err said = {.kind = FAIL_NONE};
    struct span text;
    l->now.object_bytes += bytes.n;
    if (l->now.damage.kind != FAIL_NONE) {
        return FAIL_NONE; /* the rest is read for the checksum alone */
    }
    while (decode_next(l->decode, &bytes, &text, &said)) {
        enum err_kind kind = lane_text(l, text, e);
        if (kind != FAIL_NONE) {
            return kind;
        }
    }
    return decoded(&l->now, &said, e);
}

static enum err_kind lane_reject(struct lane *l, enum reject_reason reason, const char *detail,
                                 uint64_t offset, struct err *e)
{
    struct record record;
    normalizer_reject_object(l->normalizer, reason, span_str(detail), offset, &record);
    enum err_kind kind = produce_record(&l->produce, l->now.receipt, l->now.customer, &record, e);
    if (kind == FAIL_NONE) {
        l->now.rejects++;
    } else {
        l->now.subject = ABOUT_DELIVERY;
    }
    return kind;
}

/* Every byte arrived. The last line, or the verdict on a damaged object. */
static enum err_kind lane_end(struct lane *l, struct err *e)
{
    struct err said = {.kind = FAIL_NONE};
    struct line line;
    struct span text;
    while (l->now.damage.kind == FAIL_NONE && decode_last(l->decode, &text, &said)) {
        enum err_kind kind = lane_text(l, text, e);
        if (kind != FAIL_NONE) {
            return kind;
        }
    }
    if (l->now.damage.kind == FAIL_NONE && decoded(&l->now, &said, e) != FAIL_NONE) {
        return e->kind;
    }
    if (l->now.damage.kind != FAIL_NONE) {
        /* The line that was not whole is part of the damage. */
        return lane_reject(l, REJECT_TRUNCATED_OBJECT, l->now.damage.text, decode_bytes(l->decode),
                           e);
    }
    return lines_last(&l->lines, &line) ? lane_line(l, &line, e) : FAIL_NONE;
}

/* One attempt: the bytes of the object, once. */
static enum err_kind lane_attempt(struct lane *l, struct err *e)
{
    struct attempt *a = &l->now;
    const struct customer_conf *conf = a->customer->conf;
    a->subject = ABOUT_ROLE;
    a->begun = false;
    err_clear(e);
    struct creds_source *source = NULL;
    if (customer_creds(a->customer, &source, e) != FAIL_NONE) {
        return e->kind;
    }

    a->subject = ABOUT_OBJECT;
    struct s3_object object = {
        .bucket = a->record->bucket,
        .key = a->record->key,
        .version_id = conf->versioned ? a->record->version_id : SPAN(""),
        .region = span_str(conf->region),
        .owner = span_str(conf->account_id),
        .request_payer = conf->request_payer,
    };
    struct s3_consumer consumer = {.ctx = l, .begin = lane_begin, .body = lane_body};
    enum err_kind kind = s3_get(l->s3, &object, source, &consumer, e);
    return kind == FAIL_NONE ? lane_end(l, e) : kind;
}

/* ---- what becomes of it ---- */

static void log_object(struct lane *l, const struct outcome_action *action, const struct err *e)
{
    static const char *const texts[] = {"object done", "object left", "object later"};
    struct attempt *a = &l->now;
    bool fine = action->outcome == OUTCOME_DONE || e->kind == FAIL_STOPPED;
    struct log_kv kv[16] = {
        KV_SPAN("customer", a->customer->id),
        KV_SPAN("object", buf_span(&a->object)),
        KV_STR("version", a->meta.version),
        KV_INT("lines", a->lines),
        KV_INT("events", a->events),
        KV_INT("rejects", a->rejects),
        KV_INT("bytes", a->object_bytes),
        KV_INT("ms", clock_mono_ms(l->parts.clock) - a->began_ms),
        KV_INT("receive_count", a->receipt->receive_count),
    };
    size_t n = 9;
    if (e->kind != FAIL_NONE) {
        kv[n++] = KV_ERR(e);
    }
    if (a->damage.kind != FAIL_NONE) {
        kv[n++] = KV_STR("damage", a->damage.text);
    }
    if (action->outcome != OUTCOME_DONE) {
        kv[n++] = KV_INT("again_s", action->delay_s);
        kv[n++] = KV_STR("next", action->rule->next);
    }
    log_put(fine ? LOG_INFO : LOG_WARN, texts[action->outcome], kv, n);
}

static void count_object(struct lane *l, enum outcome outcome)
{
    struct stats *s = &l->now.customer->stats;
    stats_count *of[] = {&s->objects_done, &s->objects_left, &s->objects_later};
    stats_add(of[outcome], 1);
    stats_add(&s->lines, l->now.lines);
    stats_add(&s->object_bytes, l->now.object_bytes);
    stats_add(&s->text_bytes, decode_bytes(l->decode));
    if (outcome == OUTCOME_DONE && l->now.lines == 0) {
        stats_add(&s->objects_empty, 1);
    }
}

static void judge_customer(struct lane *l, const struct err *e)
{
    struct attempt *a = &l->now;
    if (e->kind == FAIL_NONE || (a->begun && a->subject == ABOUT_OBJECT)) {
        customer_went_well(a->customer);
    } else {
        customer_refused(a->customer, outcome_rule(a->subject, e->kind)->mark, a->record->key, e);
    }
}

static bool is_last(const struct lane *l, const struct receipt *r)
{
    int64_t age = r->sent_ms != 0 ? clock_wall_ms(l->parts.clock) - r->sent_ms : 0;
    return redrive_last(&l->parts.queues[r->queue].redrive, r->receive_count, age);
}

/* Sleep, unless the lane is to stop. */
static void lane_pause(struct lane *l, unsigned ms)
{
    int64_t end = clock_mono_ms(&clock_system) + (int64_t)ms;
    (void)pthread_mutex_lock(&l->shared.lock);
    int64_t left = 0;
    while (!l->shared.stopped && (left = end - clock_mono_ms(&clock_system)) > 0) {
        (void)cond_wait_ms(&l->shared.ended, &l->shared.lock, (int)left);
    }
    (void)pthread_mutex_unlock(&l->shared.lock);
}

/* The reject that tells consumers and operators why nothing more will come of this object. */
static void last_reject(struct lane *l, const struct err *e)
{
    char detail[sizeof(e->code) + sizeof(e->text) + 64];
    struct err ignored = {.kind = FAIL_NONE};
    (void)snprintf(detail, sizeof(detail), "%s%s%s: %s", err_kind_name(e->kind),
                   e->code[0] != '\0' ? " " : "", e->code, e->text);
    if (!l->now.begun) {
        attempt_restart(l);
    }
    /* If it cannot be produced either, the receipt hears of it from the sink or here. */
    if (lane_reject(l, REJECT_OBJECT, detail, 0, &ignored) != FAIL_NONE) {
        log_write(LOG_WARN, "reject not produced", KV_SPAN("customer", l->now.customer->id),
                  KV_SPAN("object", buf_span(&l->now.object)), KV_ERR(&ignored));
    }
}

/* Tries within this receive, until the table is content. */
static void lane_object(struct lane *l)
{
    struct attempt *a = &l->now;
    struct outcome_action action;
    struct err e = {.kind = FAIL_NONE};
    struct outcome_case c = {.receive_count = a->receipt->receive_count,
                             .last = is_last(l, a->receipt)};
    do {
        c.kind = lane_attempt(l, &e);
        if (c.kind == FAIL_LIMIT && a->subject == ABOUT_OBJECT) {
            struct err why = e;
            enum err_kind kind = lane_reject(l, REJECT_BOMB, why.text, decode_bytes(l->decode), &e);
            c.kind = kind != FAIL_NONE ? kind : FAIL_LIMIT;
            e = kind != FAIL_NONE ? e : why;
            c.last = false; /* it has its own reject */
        }
        c.subject = a->subject;
        c.produced = a->events + a->rejects != 0;
        c.accept = c.kind == FAIL_GONE ? a->customer->conf->gone == ABSENT_ACCEPT
                                       : a->customer->conf->archived == ABSENT_ACCEPT;
        outcome_decide(&c, &l->rng, &action);
        c.tries++;
        if (action.again_now) {
            lane_pause(l, action.pause_ms);
        }
    } while (action.again_now);

    judge_customer(l, &e);
    if (action.reject) {
        last_reject(l, &e);
    }
    receipt_worsen(a->receipt, action.outcome, action.delay_s);
    count_object(l, action.outcome);
    log_object(l, &action, &e);
}

/* ---- records of a notification ---- */

static void leave(struct lane *l, struct receipt *r, enum err_kind kind, const char *reason)
{
    const struct outcome_rule *rule = outcome_rule(ABOUT_NOTICE, kind);
    int delay = outcome_delay_s(rule, r->receive_count, &l->rng);
    receipt_worsen(r, rule->outcome, delay);
    log_write(LOG_WARN, "notification left", KV_STR("reason", reason),
              KV_STR("queue", l->parts.conf->queues[r->queue].name), KV_STR("message_id", r->id),
              KV_SPAN("object", buf_span(&l->now.object)),
              KV_INT("receive_count", r->receive_count), KV_INT("again_s", delay),
              KV_STR("detail", r->unread.text), KV_STR("next", rule->next));
}

/* Nobody's: never fetched. At its last receive a reject tells. */
static void lane_not_ours(struct lane *l, struct receipt *r)
{
    struct err e = {.kind = FAIL_NONE};
    stats_add(&l->parts.stats->not_ours, 1);
    if (is_last(l, r)) {
        struct record out;
        struct source source = {.object = buf_span(&l->now.object),
                                .version = span_str(l->now.meta.version)};
        normalizer_object(l->normalizer, &source, NULL);
        normalizer_reject_object(l->normalizer, REJECT_NOT_OURS,
                                 SPAN("no customer has this queue, bucket and prefix"), 0, &out);
        if (produce_record(&l->produce, r, NULL, &out, &e) != FAIL_NONE) {
            log_write(LOG_WARN, "reject not produced", KV_SPAN("object", buf_span(&l->now.object)),
                      KV_ERR(&e));
        }
    }
    leave(l, r, FAIL_GONE, "not_ours");
}

/* "prefix/" itself, or a key ending in a slash, without a byte. */
static bool is_folder(const struct notice_record *record)
{
    return record->size == 0 && record->key.n != 0 && record->key.p[record->key.n - 1] == '/';
}

/* The folder of a prefix is its customer's, though it is not below the prefix. */
static struct customer *find_customer(const struct lane *l, const struct receipt *r,
                                      const struct notice_record *record)
{
    char inside[1025 + 1];
    struct span key = record->key;
    if (is_folder(record) && key.n < sizeof(inside)) {
        memcpy(inside, key.p, key.n);
        inside[key.n] = 'x';
        key = span_of(inside, key.n + 1);
    }
    return customers_find(l->parts.customers, r->queue, record->bucket, key, r->notice->form);
}

static void compare_region(const struct notice_record *record, struct customer *c)
{
    if (record->region.n != 0 && !span_eq(record->region, span_str(c->conf->region)) &&
        !atomic_exchange(&c->region_told, true)) {
        log_write(LOG_WARN, "region differs", KV_SPAN("customer", c->id),
                  KV_SPAN("notification", record->region), KV_STR("configuration", c->conf->region),
                  KV_STR("next", "the configuration's is used"));
    }
}

static void lane_paused(struct lane *l, struct receipt *r, struct customer *c)
{
    const struct outcome_rule *rule = outcome_rule(ABOUT_NOTICE, FAIL_DENIED);
    int delay = outcome_delay_s(rule, r->receive_count, &l->rng);
    receipt_worsen(r, rule->outcome, delay);
    stats_add(&c->stats.objects_later, 1);
    log_write(LOG_INFO, "object later", KV_SPAN("customer", c->id),
              KV_SPAN("object", buf_span(&l->now.object)), KV_STR("error", "paused"),
              KV_INT("receive_count", r->receive_count), KV_INT("again_s", delay),
              KV_STR("next", rule->next));
}

/* For rejects of what is never read. */
static struct span told_version(const struct notice_record *record)
{
    return record->version_id.n != 0 ? record->version_id : record->etag;
}

static void attempt_set(struct lane *l, struct receipt *r, const struct notice_record *record)
{
    struct attempt *a = &l->now;
    buf_clear(&a->object);
    buf_add(&a->object, SPAN("s3://"));
    buf_add(&a->object, record->bucket);
    buf_add(&a->object, SPAN("/"));
    buf_add(&a->object, record->key);
    produce_object(&l->produce, buf_span(&a->object));
    a->receipt = r;
    a->record = record;
    a->customer = NULL;
    a->meta = (struct s3_meta){.length = -1};
    struct span version = told_version(record);
    if (version.n < sizeof(a->meta.version)) {
        memcpy(a->meta.version, version.p, version.n);
    }
    a->damage = (struct err){.kind = FAIL_NONE};
    a->lines = a->events = a->rejects = a->object_bytes = 0;
    a->began_ms = clock_mono_ms(l->parts.clock);
}

static void lane_record(struct lane *l, struct receipt *r, const struct notice_record *record)
{
    if (record->what != NOTICE_CREATED) {
        stats_add(&l->parts.stats->skipped, 1);
        log_write(LOG_DEBUG, "event skipped", KV_STR("message_id", r->id));
        return;
    }
    attempt_set(l, r, record);
    struct customer *c = find_customer(l, r, record);
    if (c == NULL) {
        lane_not_ours(l, r);
        return;
    }
    if (is_folder(record)) {
        stats_add(&c->stats.skipped, 1);
        log_write(LOG_INFO, "folder marker skipped", KV_SPAN("customer", c->id),
                  KV_SPAN("object", buf_span(&l->now.object)));
        return;
    }
    compare_region(record, c);
    if (!customer_allowed(c)) {
        lane_paused(l, r, c);
        return;
    }
    l->now.customer = c;
    lane_object(l);
}

void lane_carry(struct lane *l, struct receipt *r)
{
    r->begun = true;
    buf_clear(&l->now.object);
    if (r->notice == NULL) {
        stats_add(&l->parts.stats->unreadable, 1);
        leave(l, r, FAIL_DATA, "unreadable");
    }
    size_t count = r->notice != NULL ? r->notice->count : 0;
    for (size_t i = 0; i < count; i++) {
        if (receipt_loss(r) != LEASE_OURS) {
            receipt_worsen(r, OUTCOME_LATER, DELAY_FIRST_S);
            break;
        }
        lane_record(l, r, &r->notice->records[i]);
    }
    receipt_slim(r);
    struct acker *acker = l->parts.acker;
    if (receipt_pay(r, NULL)) {
        acker_settled(acker, r);
    }
}

void lane_delivered(void *receipt, size_t bytes, const struct err *e)
{
    struct receipt *r = receipt;
    produce_delivered(r, bytes, e);
    if (receipt_pay(r, e)) {
        acker_settled(r->acker, r);
    }
}

/* ---- the thread ---- */

static void *lane_run(void *arg)
{
    struct lane *l = arg;
    struct receipt *r = NULL;
    while ((r = inbox_take(l->parts.inbox)) != NULL) {
        size_t party = r->party;
        lane_carry(l, r); /* r may be freed by now */
        inbox_finished(l->parts.inbox, party);
    }
    (void)pthread_mutex_lock(&l->shared.lock);
    l->shared.done = true;
    (void)pthread_cond_broadcast(&l->shared.ended);
    (void)pthread_mutex_unlock(&l->shared.lock);
    return NULL;
}

void lane_start(struct lane *l)
{
    if (pthread_create(&l->thread, NULL, lane_run, l) != 0) {
        abort();
    }
}

void lane_stop(struct lane *l)
{
    (void)pthread_mutex_lock(&l->shared.lock);
    l->shared.stopped = true;
    (void)pthread_cond_broadcast(&l->shared.ended);
    (void)pthread_mutex_unlock(&l->shared.lock);
    s3_stop(l->s3);
}

bool lane_wait(struct lane *l, int timeout_ms)
{
    int64_t end = clock_mono_ms(&clock_system) + timeout_ms;
    (void)pthread_mutex_lock(&l->shared.lock);
    int64_t left = 0;
    while (!l->shared.done && (left = end - clock_mono_ms(&clock_system)) > 0) {
        (void)cond_wait_ms(&l->shared.ended, &l->shared.lock, (int)left);
    }
    bool done = l->shared.done;
    (void)pthread_mutex_unlock(&l->shared.lock);
    return done;
}

void lane_join(struct lane *l)
{
    (void)pthread_join(l->thread, NULL);
}
