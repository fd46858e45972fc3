/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outage.c - when outages are logged, and with which keys. A cause is the class and the code of
 * an error; without a code, its text without the numbers in it (ports, times). So a timeout that
 * becomes a refused connection is another cause, and the same refusal after 31 ms is not.
 */
#include "base/outage.h"

#include "outage_priv.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/lock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    REPEAT_FIRST_MS = 30 * 1000,
    REPEAT_MAX_MS = 30 * 60 * 1000,
    STALE_MS = 5 * 60 * 1000, /* a failed call not repeated for this time is ignored */
    MAX_KEYS = 24 + OUTAGE_ABOUT,
    CAUSE_BYTES = 160,
    CALLS_OF_MESSAGES = 1 << OUTAGE_HEARTBEAT | 1 << OUTAGE_DELETE | 1 << OUTAGE_RETURN,
};

void outage_init(struct outage *o, enum outage_party party, const char *key, const char *name)
{
    o->party = party;
    o->key = key;
    o->name = mem_text(name);
    atomic_init(&o->failing, 0);
    atomic_init(&o->open, false);
    atomic_init(&o->was_gone, false);
    atomic_init(&o->begun, 0);
    for (unsigned i = 0; i < OUTAGE_CALLS; i++) {
        atomic_init(&o->passed_ms[i], 0);
    }
    mutex_init(&o->shared.lock);
}

void outage_done(struct outage *o)
{
    mutex_done(&o->shared.lock);
    free(o->shared.cause);
    free(o->shared.cause_names);
    free(o->shared.customers);
    free(o->name);
}

void outage_set_customers(struct outage *o, size_t count, const char *ids)
{
    mutex_lock(&o->shared.lock);
    if (o->shared.customers == NULL || strcmp(o->shared.customers, ids) != 0) {
        free(o->shared.customers);
        o->shared.customers = mem_text(ids);
    }
    o->shared.customer_count = count;
    mutex_unlock(&o->shared.lock);
}

bool outage_is_open(const struct outage *o)
{
    return atomic_load(&o->open);
}

bool outage_why(struct outage *o, struct err *out)
{
    if (!outage_is_open(o)) {
        return false;
    }
    mutex_lock(&o->shared.lock);
    bool known = outage_is_open(o) && o->shared.cause != NULL;
    if (known) {
        *out = *o->shared.cause;
    }
    mutex_unlock(&o->shared.lock);
    return known;
}

/* ---- Keys ---- */

/* Write "receive delete". */
static void write_calls(unsigned calls, char out[OUTAGE_CALLS_BYTES])
{
    int n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < OUTAGE_CALLS; i++) {
        if ((calls & 1U << i) != 0) {
            n += snprintf(out + n, OUTAGE_CALLS_BYTES - (size_t)n, "%s%s", n > 0 ? " " : "",
                          outage_call_names[i]);
            assert(n < OUTAGE_CALLS_BYTES);
        }
    }
}

/* Lines are few: their keys are collected in one place. */
struct keys {
    struct log_kv kv[MAX_KEYS];
    size_t n;
};

static void add(struct keys *k, struct log_kv kv)
{
    assert(k->n < MAX_KEYS);
    k->kv[k->n++] = kv;
}

static void add_name_locked(struct keys *k, const struct outage *o)
{
    if (o->key != NULL) {
        add(k, KV_STR(o->key, o->name));
    }
    if (o->shared.customers != NULL) {
        add(k, KV_INT("customers", o->shared.customer_count));
        add(k, KV_SET("customer_ids", o->shared.customers));
    }
}

static void add_about(struct keys *k, const struct log_kv *about, size_t count)
{
    assert(count <= OUTAGE_ABOUT);
    for (size_t i = 0; i < count; i++) {
        add(k, about[i]);
    }
}

/* The last success of the call bounds the begin of the outage. */
static void add_last_success(struct keys *k, const struct outage *o, unsigned call, int64_t now)
{
    int64_t passed_ms = atomic_load(&o->passed_ms[call]);
    if (o->party != OUTAGE_CREDENTIALS) {
        add(k, KV_KNOWN("last_success_s", passed_ms != 0 ? (now - passed_ms) / 1000 : -1));
        add(k, KV_SET("never_succeeded", passed_ms != 0 ? "" : "true"));
    }
}

/* How long it lasts, and what was tried. A number that is not known, or counts nothing, is left
 * out. */
static void add_times_locked(struct keys *k, const struct outage *o, const char *what, int64_t now)
{
    bool over = strcmp(what, "over") == 0;
    bool tried_again = !over && o->shared.tried_ms > o->shared.last_ms;
    int64_t last_ms = tried_again ? o->shared.tried_ms : o->shared.last_ms;
    int64_t tried_s = o->shared.state ? -1 : (now - last_ms) / 1000;
    add(k, KV_INT("outage_s", (now - o->shared.since_ms) / 1000));
    if (strcmp(what, "begins") == 0) {
        add_last_success(k, o, o->shared.call, now);
    } else if (strcmp(what, "changes") != 0) {
        add(k, KV_KNOWN(over ? "last_failure_s" : "not_tried_s", tried_s));
    }
    add(k, KV_KNOWN(outage_failure_keys[o->party],
                    o->shared.failed != 0 ? (int64_t)o->shared.failed : -1));
    if (o->shared.failed_heartbeats != 0) {
        add(k, KV_INT("failed_heartbeats", o->shared.failed_heartbeats));
    }
}

static bool all_done_locked(const struct outage *o)
{
    return o->shared.held == 0 && o->shared.ended[OUTAGE_DELIVERED] == 0 &&
           o->shared.ended[OUTAGE_UNDELIVERED] == 0;
}

/* The messages that were held when the queue was gone, and what became of them. */
static void add_held_locked(struct keys *k, const struct outage *o)
{
    const uint64_t *ended = o->shared.ended;
    add(k, KV_INT("held_messages", o->shared.held + ended[OUTAGE_DELETED] +
                                       ended[OUTAGE_DELIVERED] + ended[OUTAGE_UNDELIVERED]));
    add(k, KV_INT("done", ended[OUTAGE_DELETED]));
    add(k, KV_INT("done_not_deleted", ended[OUTAGE_DELIVERED]));
    add(k, KV_INT("not_done", ended[OUTAGE_UNDELIVERED]));
    add(k, KV_INT("still_held", o->shared.held));
}

static void log_outage_locked(const struct outage *o, const char *what, const struct log_kv *about,
                              size_t about_count, int64_t now)
{
    char next[OUTAGE_NEXT_BYTES];
    char calls[OUTAGE_CALLS_BYTES];
    unsigned failing = atomic_load(&o->failing);
    struct keys k = {.kv = {KV_STR("outage", what)}, .n = 1};
    add_name_locked(&k, o);
    if (o->party == OUTAGE_QUEUE) {
        write_calls((failing & (failing - 1)) != 0 ? failing : 0, calls);
        add(&k, KV_STR("call", outage_call_names[o->shared.call]));
        add(&k, KV_SET("calls", calls));
    }
    add_about(&k, about, about_count);
    add(&k, KV_KNOWN("messages_held", o->party == OUTAGE_QUEUE ? (int64_t)o->shared.held : -1));
    add(&k, KV_ERR(o->shared.cause));
    add_times_locked(&k, o, what, now);
    add(&k, KV_STR("next", outage_next(o->party, o->shared.cause, o->shared.next, next)));
    log_put(outage_words[o->party].level, outage_word(o->party, o->shared.cause), k.kv, k.n);
}

static void log_over_locked(const struct outage *o, int64_t now)
{
    char calls[OUTAGE_CALLS_BYTES];
    struct keys k = {.kv = {KV_STR("outage", "over")}, .n = 1};
    write_calls(o->shared.calls, calls);
    add_name_locked(&k, o);
    if (o->party == OUTAGE_QUEUE) {
        add(&k, KV_STR("calls", calls));
    }
    add(&k, KV_STR("causes", o->shared.cause_names));
    add_times_locked(&k, o, "over", now);
    if (o->shared.gone) {
        add_held_locked(&k, o);
        add(&k, KV_STR("next", all_done_locked(o) ? outage_held_done : outage_held_not_done));
    }
    log_put(o->shared.gone ? LOG_WARN : LOG_INFO, outage_over_word(o->party, o->shared.cause), k.kv,
            k.n);
}

static void log_once_locked(const struct outage *o, const struct outage_failure *f)
{
    char next[OUTAGE_NEXT_BYTES];
    struct keys k = {.n = 0};
    add_name_locked(&k, o);
    add(&k, KV_STR("call", outage_call_names[f->call]));
    add_about(&k, f->about, f->about_count);
    add(&k, KV_ERR(f->err));
    add(&k, KV_STR("next", outage_next(o->party, o->shared.cause, o->shared.next, next)));
    log_put(LOG_WARN, outage_words[o->party].once, k.kv, k.n);
}

/* ---- Causes ---- */

/* Hash its beginning; the end may be cut in the middle of a word. */
static uint64_t hash_text(uint64_t h, const char *s)
{
    for (size_t i = 0; i < CAUSE_BYTES && s[i] != '\0'; i++) {
        if (s[i] < '0' || s[i] > '9') {
            h = hash_byte(h, s[i]);
        }
    }
    return h;
}

/* A code says enough: the text beside it names what was tried last, and changes with it. */
static uint64_t hash_cause(unsigned call, const struct err *e)
{
    uint64_t h = HASH_SEED ^ (uint64_t)call << 48 ^ (uint64_t)e->kind << 32 ^ (uint64_t)e->status;
    h = hash_text(hash_byte(h, ' '), e->code);
    return e->code[0] == '\0' ? hash_text(h, e->text) : h;
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)) != NULL; p += n) {
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0')) {
            return true;
        }
    }
    return false;
}

/* Keep its code, or its class, for the line that ends the outage. */
static void name_cause_locked(struct outage *o, const struct err *e)
{
    char *list = o->shared.cause_names;
    const char *name = e->code[0] != '\0' ? e->code : err_kind_name(e->kind);
    size_t used = strlen(list);
    if (!has_word(list, name) && used + strlen(name) + 2 <= OUTAGE_CAUSES_BYTES) {
        (void)snprintf(list + used, OUTAGE_CAUSES_BYTES - used, "%s%s", used > 0 ? " " : "", name);
    }
}

/* Whether the cause was not logged yet in this outage, for this call. */
static bool is_new_locked(struct outage *o, unsigned call, const struct err *e)
{
    uint64_t h = hash_cause(call, e);
    for (unsigned i = 0; i < o->shared.cause_count; i++) {
        if (o->shared.causes[i] == h) {
            return false;
        }
    }
    if (o->shared.cause_count == OUTAGE_CAUSES) {
        return false; /* too many causes: the next line that the outage lasts has the last one */
    }
    o->shared.causes[o->shared.cause_count++] = h;
    return true;
}

/* ---- Log lines ---- */

/* The same call may succeed when it is made again. */
static bool may_pass(const struct err *e)
{
    return e->kind == FAIL_AGAIN || e->kind == FAIL_THROTTLED;
}

static void keep_failure_locked(struct outage *o, const struct outage_failure *f, int64_t now)
{
    if (atomic_load(&o->failing) == 0) {
        int64_t since_ms = f->since_ms != 0 ? f->since_ms : now;
        int64_t passed_ms = atomic_load(&o->passed_ms[f->call]);
        o->shared.since_ms = since_ms > passed_ms ? since_ms : passed_ms;
        o->shared.failed = 0;
        o->shared.failed_heartbeats = 0;
        o->shared.calls = 0;
        o->shared.cause_count = 0;
        o->shared.gone = false;
        memset(o->shared.ended, 0, sizeof(o->shared.ended));
    }
    if (o->shared.cause == NULL) {
        o->shared.cause = mem_zeros(1, sizeof(*o->shared.cause));
        o->shared.cause_names = mem_zeros(1, OUTAGE_CAUSES_BYTES);
    }
    if (atomic_load(&o->failing) == 0) {
        o->shared.cause_names[0] = '\0';
    }
    *o->shared.cause = *f->err;
    name_cause_locked(o, f->err);
    o->shared.call = f->call;
    o->shared.next = f->next;
    o->shared.state = f->state;
    o->shared.held = f->held;
    o->shared.gone = o->shared.gone || outage_is_gone(o->party, o->shared.cause);
    o->shared.failed += f->state ? 0 : 1;
    o->shared.failed_heartbeats += f->call == OUTAGE_HEARTBEAT ? 1 : 0;
    o->shared.calls |= 1U << f->call;
    o->shared.failed_ms[f->call] = now;
    o->shared.transient &= ~(1U << f->call);
    o->shared.transient |= may_pass(f->err) ? 1U << f->call : 0;
    o->shared.last_ms = now;
    (void)atomic_fetch_or(&o->failing, 1U << f->call);
}

static bool due_locked(const struct outage *o, int64_t now)
{
    return outage_is_open(o) && now >= o->shared.log_ms;
}

static bool repeat_locked(struct outage *o, const struct log_kv *about, size_t about_count,
                          int64_t now)
{
    bool due = due_locked(o, now);
    if (due) {
        int64_t pause = o->shared.pause_ms * 2;
        o->shared.pause_ms = pause < REPEAT_MAX_MS ? pause : REPEAT_MAX_MS;
        o->shared.log_ms = now + o->shared.pause_ms;
        log_outage_locked(o, "lasts", about, about_count, now);
    }
    return due;
}

bool outage_failed(struct outage *o, const struct outage_failure *f, int64_t now)
{
    assert(f->call < OUTAGE_CALLS && f->about_count <= OUTAGE_ABOUT && f->err->kind != FAIL_NONE);
    mutex_lock(&o->shared.lock);
    keep_failure_locked(o, f, now);
    bool logged = true;
    if (!outage_is_open(o) && o->shared.failed <= 1 && may_pass(f->err) &&
        outage_words[o->party].once != NULL) {
        (void)is_new_locked(o, f->call, f->err);
        log_once_locked(o, f);
    } else if (!outage_is_open(o)) {
        atomic_store(&o->open, true);
        (void)atomic_fetch_add_explicit(&o->begun, 1, memory_order_relaxed);
        (void)is_new_locked(o, f->call, f->err);
        o->shared.pause_ms = REPEAT_FIRST_MS;
        o->shared.log_ms = now + REPEAT_FIRST_MS;
        log_outage_locked(o, "begins", f->about, f->about_count, now);
    } else if (is_new_locked(o, f->call, f->err)) {
        log_outage_locked(o, "changes", f->about, f->about_count, now);
    } else {
        logged = repeat_locked(o, f->about, f->about_count, now);
    }
    mutex_unlock(&o->shared.lock);
    return logged;
}

/*
 * Calls that are not made any more, so that their result will not be known: for a long time, or
 * because no message is held. A refusal stays: the next message will meet it again.
 */
static unsigned stale_locked(const struct outage *o, unsigned failing, int64_t now)
{
    unsigned stale = o->shared.held == 0 ? o->shared.transient & CALLS_OF_MESSAGES : 0;
    for (unsigned i = 0; i < OUTAGE_CALLS; i++) {
        stale |= now - o->shared.failed_ms[i] > STALE_MS ? 1U << i : 0;
    }
    return failing & stale;
}

void outage_worked(struct outage *o, unsigned call, int64_t when)
{
    atomic_store_explicit(&o->passed_ms[call], when, memory_order_relaxed);
}

void outage_passed(struct outage *o, unsigned call, int64_t now)
{
    outage_worked(o, call, now);
    if (!outage_is_failing(o)) {
        return;
    }
    mutex_lock(&o->shared.lock);
    unsigned failing = atomic_load(&o->failing);
    unsigned left = failing & ~(1U << call);
    left &= ~stale_locked(o, left, now);
    atomic_store(&o->failing, left);
    if (left == 0 && failing != 0 && outage_is_open(o)) {
        atomic_store(&o->open, false);
        if (o->shared.gone) {
            atomic_store(&o->was_gone, true);
        }
        log_over_locked(o, now);
    }
    mutex_unlock(&o->shared.lock);
}

void outage_drop(struct outage *o)
{
    mutex_lock(&o->shared.lock);
    atomic_store(&o->failing, 0);
    atomic_store(&o->open, false);
    mutex_unlock(&o->shared.lock);
}

void outage_failing_calls(const struct outage *o, char out[OUTAGE_CALLS_BYTES])
{
    write_calls(atomic_load(&o->failing) & CALLS_OF_MESSAGES, out);
}

void outage_message_ended(struct outage *o, enum outage_message how, size_t held, int64_t now)
{
    if (!outage_is_failing(o)) {
        return;
    }
    mutex_lock(&o->shared.lock);
    o->shared.held = held;
    if (o->shared.gone) {
        o->shared.ended[how]++;
    }
    if (o->shared.gone && held == 0 && how != OUTAGE_DELETED) {
        struct keys k = {.n = 0};
        add_name_locked(&k, o);
        add_held_locked(&k, o);
        add(&k, KV_INT("outage_s", (now - o->shared.since_ms) / 1000));
        add(&k, KV_STR("next", outage_held_gone));
        log_put(LOG_WARN, "messages of a queue that does not exist", k.kv, k.n);
    }
    mutex_unlock(&o->shared.lock);
}

bool outage_take_gone(struct outage *o)
{
    return atomic_load_explicit(&o->was_gone, memory_order_relaxed) &&
           atomic_exchange(&o->was_gone, false);
}

void outage_set_held(struct outage *o, size_t held)
{
    mutex_lock(&o->shared.lock);
    o->shared.held = held;
    mutex_unlock(&o->shared.lock);
}

void outage_tried(struct outage *o, int64_t now)
{
    if (outage_is_failing(o)) {
        mutex_lock(&o->shared.lock);
        o->shared.tried_ms = now;
        mutex_unlock(&o->shared.lock);
    }
}

bool outage_due(struct outage *o, int64_t now)
{
    if (!outage_is_open(o)) {
        return false;
    }
    mutex_lock(&o->shared.lock);
    bool due = due_locked(o, now);
    mutex_unlock(&o->shared.lock);
    return due;
}

void outage_tick(struct outage *o, const struct log_kv *about, size_t about_count, int64_t now)
{
    if (outage_is_open(o)) {
        mutex_lock(&o->shared.lock);
        (void)repeat_locked(o, about, about_count, now);
        mutex_unlock(&o->shared.lock);
    }
}
