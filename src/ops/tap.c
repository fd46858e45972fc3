/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap.c - each tap has a buffer of records with their lengths. A lane copies a record into it if
 * that needs no wait; parsing and redaction are done by the thread that takes. The value of `where`
 * is searched as bytes first, by the lane, so that rare records are not lost among the others.
 */
#include "ops/tap.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "codec/json.h"
#include "codec/secret.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORD_BYTES = 64 * 1024, LINE_BYTES = 2 * RECORD_BYTES, NUMBER_BYTES = 32 };

struct tap_slot {
    pthread_mutex_t lock;
    atomic_uint_fast64_t dropped;
    uint64_t id; /* 0: free */
    struct tap_wish wish;
    char *texts; /* of the wish */
    char *bytes; /* TAP_BYTES */
    size_t n;
    int64_t taken_ms;
    int64_t second_ms; /* the second that `count` counts */
    unsigned count;
};

static atomic_uint_fast64_t last_id;

struct tap *tap_new(void)
{
    struct tap *t = mem_zeros(1, sizeof(*t));
    t->slots = mem_zeros(TAPS, sizeof(*t->slots));
    for (size_t i = 0; i < TAPS; i++) {
        mutex_init(&t->slots[i].lock);
    }
    return t;
}

static void close_slot(struct tap *t, struct tap_slot *s)
{
    if (s->id != 0) {
        OPENSSL_cleanse(s->bytes, TAP_BYTES);
        free(s->bytes);
        free(s->texts);
        s->bytes = s->texts = NULL;
        s->id = 0;
        (void)atomic_fetch_sub(&t->open, 1);
    }
}

void tap_free(struct tap *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < TAPS; i++) {
        close_slot(t, &t->slots[i]);
        mutex_done(&t->slots[i].lock);
    }
    free(t->slots);
    free(t);
}

/* ---- The wish ---- */

static bool read_rate(struct span text, unsigned *out)
{
    unsigned n = 0;
    if (text.n > 2 && span_eq(span_from(text, text.n - 2), SPAN("/s"))) {
        text.n -= 2;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i == 4) {
            return false;
        }
        n = n * 10 + (unsigned)(text.p[i] - '0');
    }
    *out = text.n != 0 ? n : *out;
    return *out >= 1 && *out <= TAP_RATE_MAX;
}

const char *tap_read(struct span customer, struct span rejects, struct span where, struct span rate,
                     struct tap_wish *out)
{
    *out = (struct tap_wish){.customer = customer, .rejects = rejects.n != 0, .rate = 5};
    const char *equals = where.n != 0 ? memchr(where.p, '=', where.n) : NULL;
    if (customer.n == 0 || customer.n > TAP_TEXT_BYTES) {
        return "a tap needs a customer\n";
    }
    if (where.n > TAP_TEXT_BYTES || (where.n != 0 && (equals == NULL || equals == where.p))) {
        return "where is MEMBER=VALUE, of at most 256 bytes\n";
    }
    if (equals != NULL) {
        out->member = span_of(where.p, (size_t)(equals - where.p));
        out->value = span_from(where, out->member.n + 1);
    }
    return read_rate(rate, &out->rate) ? NULL : "rate is 1 to 1000 records in a second\n";
}

static bool number_is(const struct doc *d, size_t at, struct span value)
{
    char text[NUMBER_BYTES];
    int n = doc_tag(d, at) == 'l' ? snprintf(text, sizeof(text), "%" PRId64, doc_int64(d, at))
                                  : snprintf(text, sizeof(text), "%" PRIu64, doc_uint64(d, at));
    return n > 0 && span_eq(value, span_of(text, (size_t)n));
}

static bool value_is(const struct doc *d, size_t at, struct span value)
{
    switch (doc_tag(d, at)) {
    case '"':
        return span_eq(doc_string(d, at), value);
    case 'l':
    case 'u':
        return number_is(d, at, value);
    case 't':
        return span_eq(value, SPAN("true"));
    case 'f':
        return span_eq(value, SPAN("false"));
    case 'n':
        return span_eq(value, SPAN("null"));
    default:
        return false;
    }
}

bool tap_matches(struct json_reader *r, const struct tap_wish *w, struct span record)
{
    struct doc d;
    struct err e = {.kind = FAIL_NONE};
    struct span rest = record;
    struct span path = w->member;
    if (path.n == 0) {
        return true;
    }
    if (json_scan(r, &rest, &d, &e) != FAIL_NONE) {
        return false;
    }
    size_t at = DOC_ROOT;
    while (at != 0 && path.n != 0) {
        const char *dot = memchr(path.p, '.', path.n);
        struct span name = span_take(&path, dot != NULL ? (size_t)(dot - path.p) : path.n);
        (void)span_take(&path, path.n != 0);
        at = doc_tag(&d, at) == '{' ? doc_member(&d, at, name) : 0;
    }
    return at != 0 && value_is(&d, at, w->value);
}

/* ---- The record path ---- */

/* Whether the bytes of the value may be in the record: an escape hides them, so it counts. */
static bool may_match(const struct tap_wish *w, struct span record)
{
    return w->member.n == 0 || w->value.n == 0 ||
           memmem(record.p, record.n, w->value.p, w->value.n) != NULL ||
           memchr(record.p, '\\', record.n) != NULL;
}

static bool within_rate(struct tap_slot *s, int64_t now_ms)
{
    if (now_ms - s->second_ms >= 1000) {
        s->second_ms = now_ms;
        s->count = 0;
    }
    return s->count++ < s->wish.rate;
}

static void offer_locked(struct tap_slot *s, const struct tap_record *r, int64_t now_ms)
{
    uint32_t n = (uint32_t)r->value.n;
    if (s->id == 0 || s->wish.rejects != r->reject || !span_eq(s->wish.customer, r->customer) ||
        !may_match(&s->wish, r->value)) {
        return;
    }
    /* With a condition most candidates may not fulfil it: then the rate is that of what is shown.
     */
    bool limited = s->wish.member.n == 0 && !within_rate(s, now_ms);
    if (limited || r->value.n > RECORD_BYTES || sizeof(n) + n > TAP_BYTES - s->n) {
        (void)atomic_fetch_add_explicit(&s->dropped, 1, memory_order_relaxed);
        return;
    }
    memcpy(s->bytes + s->n, &n, sizeof(n));
    memcpy(s->bytes + s->n + sizeof(n), r->value.p, n);
    s->n += sizeof(n) + n;
}

void tap_offer(struct tap *t, const struct tap_record *r, int64_t now_ms)
{
    for (size_t i = 0; i < TAPS; i++) {
        struct tap_slot *s = &t->slots[i];
        if (pthread_mutex_trylock(&s->lock) != 0) {
            (void)atomic_fetch_add_explicit(&s->dropped, 1, memory_order_relaxed);
            continue;
        }
        offer_locked(s, r, now_ms);
        mutex_unlock(&s->lock);
    }
}

/* ---- The operator's side ---- */

static struct span keep_text(char **at, struct span text)
{
    struct span kept = span_of(*at, text.n);
    if (text.n != 0) {
        memcpy(*at, text.p, text.n);
    }
    *at += text.n;
    return kept;
}

uint64_t tap_start(struct tap *t, const struct tap_wish *w, int64_t now_ms)
{
    uint64_t id = 0;
    for (size_t i = 0; i < TAPS && id == 0; i++) {
        struct tap_slot *s = &t->slots[i];
        mutex_lock(&s->lock);
        if (s->id == 0) {
            id = s->id = atomic_fetch_add(&last_id, 1) + 1;
            s->bytes = mem_zeros(1, TAP_BYTES);
            s->texts = mem_zeros(4, TAP_TEXT_BYTES);
            char *at = s->texts;
            s->wish = *w;
            s->wish.customer = keep_text(&at, w->customer);
            s->wish.member = keep_text(&at, w->member);
            s->wish.value = keep_text(&at, w->value);
            s->n = s->count = 0;
            s->taken_ms = s->second_ms = now_ms;
            atomic_store(&s->dropped, 0);
            (void)atomic_fetch_add(&t->open, 1);
        }
        mutex_unlock(&s->lock);
    }
    return id;
}

static void add_redacted(struct span record, struct buf *out)
{
    struct buf line = BUF_INIT(LINE_BYTES);
    if (!secret_redact(record, &line)) {
        buf_add(&line, record);
    }
    buf_add(out, line.overflowed ? SPAN("{}") : buf_span(&line));
    buf_add_byte(out, '\n');
    buf_done(&line);
}

/* Redact what fulfils the wish. Returns the number of records that the rate excludes. */
static uint64_t add_records(const struct tap_wish *w, struct span bytes, struct buf *out)
{
    uint64_t excluded = 0;
    unsigned shown = 0;
    OWNED(json_reader) struct json_reader *r = json_reader_new(RECORD_BYTES);
    while (bytes.n != 0) {
        uint32_t n = 0;
        memcpy(&n, bytes.p, sizeof(n));
        (void)span_take(&bytes, sizeof(n));
        struct span record = span_take(&bytes, n);
        if (!tap_matches(r, w, record)) {
            continue;
        }
        if (w->member.n != 0 && shown >= w->rate) {
            excluded++;
            continue;
        }
        shown++;
        add_redacted(record, out);
    }
    return excluded;
}

bool tap_take(struct tap *t, uint64_t id, int64_t now_ms, struct buf *out)
{
    for (size_t i = 0; i < TAPS; i++) {
        struct tap_slot *s = &t->slots[i];
        struct buf copy = BUF_SECRET(TAP_BYTES);
        struct buf records = BUF_INIT(4 * TAP_BYTES);
        char texts[2 * TAP_TEXT_BYTES];
        char *at = texts;
        mutex_lock(&s->lock);
        bool found = id != 0 && s->id == id;
        struct tap_wish wish = s->wish;
        if (found) {
            s->taken_ms = now_ms;
            wish.member = keep_text(&at, wish.member);
            wish.value = keep_text(&at, wish.value);
            buf_add(&copy, span_of(s->bytes, s->n));
            s->n = 0;
        }
        mutex_unlock(&s->lock);
        if (found) {
            uint64_t excluded = add_records(&wish, buf_span(&copy), &records);
            uint64_t dropped = atomic_fetch_add(&s->dropped, excluded) + excluded;
            buf_addf(out, "dropped %" PRIu64 "\n", dropped);
            buf_add(out, buf_span(&records));
        }
        buf_done(&copy);
        buf_done(&records);
        if (found) {
            return true;
        }
    }
    return false;
}

bool tap_end(struct tap *t, uint64_t id)
{
    bool found = false;
    for (size_t i = 0; i < TAPS && id != 0; i++) {
        struct tap_slot *s = &t->slots[i];
        mutex_lock(&s->lock);
        if (s->id == id) {
            close_slot(t, s);
            found = true;
        }
        mutex_unlock(&s->lock);
    }
    return found;
}

void tap_tick(struct tap *t, int64_t now_ms)
{
    for (size_t i = 0; i < TAPS; i++) {
        struct tap_slot *s = &t->slots[i];
        mutex_lock(&s->lock);
        if (s->id != 0 && now_ms - s->taken_ms > TAP_IDLE_MS) {
            close_slot(t, s);
        }
        mutex_unlock(&s->lock);
    }
}
