/* SPDX-License-Identifier: Apache-2.0 */
/* role.c - a customer's credentials, and the check that its role requires the external id. */
#include "customers_priv.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/log.h"
#include "codec/policy.h"
#include "customers/session.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHECK_AGAIN_MS = 15 * 60 * 1000, /* after a check that could not be made */
    CHECK_NEXT_MS = 100,             /* between two checks, which cost STS three requests */
    CHECK_DUE_MS = 5000,
};

struct role *role_new(void)
{
    struct role *r = mem_zeros(1, sizeof(*r));
    mutex_init(&r->shared.lock);
    cond_init(&r->shared.probed);
    return r;
}

void role_release(struct role *r)
{
    if (r == NULL || !refs_release(&r->refs)) {
        return;
    }
    creds_source_free(r->shared.creds);
    mutex_done(&r->shared.lock);
    cond_done(&r->shared.probed);
    free(r);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Compares all settings that session_request and session_policy_write read, and those of the
 * warnings. */
bool role_same(const struct customer_conf *a, const struct customer_conf *b)
{
    return same_text(a->role_arn, b->role_arn) && same_text(a->external_id, b->external_id) &&
           same_text(a->account_id, b->account_id) && same_text(a->bucket, b->bucket) &&
           same_text(a->prefix, b->prefix) && same_text(a->region, b->region) &&
           same_text(a->access_point, b->access_point) &&
           same_text(a->session_name, b->session_name) &&
           same_text(a->source_identity, b->source_identity) &&
           a->session_policy == b->session_policy && a->versioned == b->versioned &&
           a->accept_role_without_external_id == b->accept_role_without_external_id;
}

void role_log_policy(const struct customer_conf *conf)
{
    if (conf->session_policy == SESSION_POLICY_NONE) {
        log_write(LOG_WARN, "no session policy", KV_STR("customer", conf->id),
                  KV_STR("next", "the role's own policy alone limits what the worker can read"));
        return;
    }
    if (conf->session_policy == SESSION_POLICY_NO_KMS) {
        log_write(LOG_INFO, "session policy without KMS", KV_STR("customer", conf->id),
                  KV_STR("next",
                         "objects under SSE-KMS will be denied; for them set kms_key_arn or "
                         "session_policy = \"full\""));
    }
    struct buf policy = BUF_INIT(2 * POLICY_CHARACTERS);
    if (!session_policy_write(conf, &policy)) {
        log_write(LOG_WARN, "session policy is wider than the prefix", KV_STR("customer", conf->id),
                  KV_STR("next", "the prefix does not fit into a session policy exactly: the "
                                 "role's own policy must restrict reads to it"));
    }
    buf_done(&policy);
}

/* Whether the role was checked, and when it is to be checked again. */
enum role_proof { PROVED, UNPROVED, TOO_OLD };

/* checked_ms counts after a reload with a shorter interval. */
static bool is_due_locked(const struct customer_entry *c)
{
    const struct role *r = c->role;
    int64_t now = clock_mono_ms(c->all->parts.clock);
    int64_t interval = c->conf->verify.interval_ms;
    return interval > 0 && !r->shared.probing &&
           (now >= r->shared.again_ms || now - r->shared.checked_ms >= interval);
}

static enum role_proof proof_locked(const struct customer_entry *c)
{
    const struct role *r = c->role;
    if (c->customer.conf->accept_role_without_external_id) {
        return PROVED;
    }
    if (!r->shared.verified) {
        return UNPROVED;
    }
    return is_due_locked(c) ? TOO_OLD : PROVED;
}

static struct creds_source *source_of(struct customer_entry *c, struct err *e)
{
    struct role *r = c->role;
    mutex_lock(&r->shared.lock);
    if (r->shared.creds == NULL) {
        r->shared.creds = session_new(c->customer.conf, c->all->parts.own,
                                      c->all->parts.creds_settings, SESSION_RESTRICTED, e);
    }
    struct creds_source *s = r->shared.creds;
    mutex_unlock(&r->shared.lock);
    return s;
}

/* Wait for the result of the check that another lane makes. */
static void await_probe_locked(struct role *r, struct err *e)
{
    unsigned probe = r->shared.probes;
    while (r->shared.probes == probe) {
        cond_wait(&r->shared.probed, &r->shared.lock);
    }
    *e = r->shared.probe_err;
}

/*
 * When a verified role is checked again. The first time is anywhere within the interval: a worker
 * verifies many roles in its first minutes.
 */
static int64_t next_check_ms(struct customer_entry *c, bool first)
{
    int64_t now = clock_mono_ms(c->all->parts.clock);
    int64_t interval = c->conf->verify.interval_ms;
    if (!first || interval <= 0) {
        return now + interval;
    }
    mutex_lock(&c->run->shared.lock);
    int64_t part = (int64_t)rng_below(&c->run->shared.rng, (uint64_t)interval);
    mutex_unlock(&c->run->shared.lock);
    return now + part;
}

void role_plan_check(struct customer_entry *c)
{
    int64_t again_ms = next_check_ms(c, true);
    mutex_lock(&c->role->shared.lock);
    c->role->shared.checked_ms = clock_mono_ms(c->all->parts.clock);
    c->role->shared.again_ms = again_ms;
    mutex_unlock(&c->role->shared.lock);
}

static const char *result_name(enum role_result r)
{
    static const char *const names[ROLE_RESULTS] = {[ROLE_PROVED] = "proved",
                                                    [ROLE_NOT_CHECKED] = "not_checked",
                                                    [ROLE_DISPROVED] = "disproved"};
    return names[r];
}

/* Count the result, and tell it if it is another one than before. */
static void note_result(struct customer_entry *c, const struct err *e)
{
    struct role *r = c->role;
    enum role_result result = e->kind == FAIL_NONE     ? ROLE_PROVED
                              : e->kind == FAIL_CONFIG ? ROLE_DISPROVED
                                                       : ROLE_NOT_CHECKED;
    (void)atomic_fetch_add(&c->all->role_checks[result], 1);
    mutex_lock(&r->shared.lock);
    enum role_result before = r->shared.result;
    r->shared.result = result;
    mutex_unlock(&r->shared.lock);
    if (result == before) {
        return;
    }
    if (result == ROLE_NOT_CHECKED) {
        log_write(LOG_WARN, "external id not checked", KV_SPAN("customer", c->customer.id),
                  KV_SET("role_arn", c->customer.conf->role_arn), KV_ERR(e),
                  KV_STR("next", "checked again in 15 minutes, or when the role is used first; an "
                                 "earlier proof stays valid"));
    }
    ops_verify_changed(customer_ops(&c->customer), c->customer.id,
                       &(struct ops_verify){.check = "external_id",
                                            .result = result_name(result),
                                            .before = result_name(before),
                                            .err = e});
}

/* The lock is released meanwhile. */
static void probe_locked(struct customer_entry *c, struct err *e)
{
    struct role *r = c->role;
    struct role_request request = session_request(c->customer.conf, NULL);
    r->shared.probing = true;
    mutex_unlock(&r->shared.lock);
    err_clear(e);
    e->kind = sts_probe_external_id(c->all->parts.sts, c->all->parts.own, &request, e);
    if (e->kind == FAIL_NONE) {
        stats_set(&c->run->stats.probed_ms, (uint64_t)clock_wall_ms(c->all->parts.clock));
        log_write(LOG_INFO, "external id probed", KV_STR("customer", c->customer.conf->id),
                  KV_STR("role_arn", request.role_arn),
                  KV_STR("result", "AssumeRole without the external id and with a wrong one were "
                                   "denied, as required"));
    } else {
        (void)err_wrap(e, "probe of the external id");
        if (e->kind == FAIL_CONFIG) {
            verified_disprove(c, "external id");
        }
    }
    if (e->kind != FAIL_STOPPED) {
        note_result(c, e);
    }
    mutex_lock(&r->shared.lock);
    r->shared.probing = false;
    r->shared.probes++;
    r->shared.checked_ms = clock_mono_ms(c->all->parts.clock);
    r->shared.probe_err = *e;
    cond_broadcast(&r->shared.probed);
}

/* The first check, after the first AssumeRole; concurrent lanes share the result. */
static void prove_locked(struct customer_entry *c, struct err *e)
{
    struct role *r = c->role;
    if (r->shared.probing) {
        await_probe_locked(r, e);
        return;
    }
    probe_locked(c, e);
    r->shared.verified = e->kind == FAIL_NONE;
    r->shared.again_ms = next_check_ms(c, true);
}

/* A check that could not be made says nothing about the role, and is made again soon. */
static void prove_again_locked(struct customer_entry *c, struct err *e)
{
    struct role *r = c->role;
    probe_locked(c, e);
    if (e->kind == FAIL_CONFIG) {
        r->shared.verified = false;
        r->shared.again_ms = clock_mono_ms(c->all->parts.clock) + CHECK_AGAIN_MS;
        return;
    }
    r->shared.again_ms = e->kind == FAIL_NONE ? next_check_ms(c, false)
                                              : clock_mono_ms(c->all->parts.clock) + CHECK_AGAIN_MS;
    err_clear(e);
}

/* ---- By a timer ---- */

/* Whether the timer has to check it now. */
static bool wants_check(struct customer_entry *c)
{
    mutex_lock(&c->role->shared.lock);
    bool wants = !c->customer.conf->accept_role_without_external_id && is_due_locked(c);
    mutex_unlock(&c->role->shared.lock);
    return wants;
}

/*
 * A check that cannot be made is due after a while. A denial of a role that cannot be assumed at
 * all would prove nothing.
 */
static void postpone(struct customer_entry *c, const struct err *e)
{
    mutex_lock(&c->role->shared.lock);
    c->role->shared.checked_ms = clock_mono_ms(c->all->parts.clock);
    c->role->shared.again_ms = c->role->shared.checked_ms + CHECK_AGAIN_MS;
    mutex_unlock(&c->role->shared.lock);
    note_result(c, e);
}

static void check_role(struct customer_entry *c)
{
    struct role *r = c->role;
    struct creds creds;
    struct err e = {.kind = FAIL_NONE};
    struct creds_source *s = source_of(c, &e);
    if (s == NULL || creds_get(s, &creds, &e) != FAIL_NONE) {
        if (e.kind != FAIL_STOPPED) {
            e.kind = e.kind == FAIL_CONFIG ? FAIL_DENIED : e.kind; /* nothing is disproved */
            postpone(c, &e);
        }
        return;
    }
    creds_wipe(&creds);
    mutex_lock(&r->shared.lock);
    if (is_due_locked(c)) {
        prove_again_locked(c, &e);
        r->shared.verified = r->shared.verified || r->shared.result == ROLE_PROVED;
    }
    mutex_unlock(&r->shared.lock);
    if (e.kind == FAIL_CONFIG) {
        static const struct customer_refusal refusal = {
            .party = CUSTOMER_ROLE,
            .mark = BREAKER_OPEN,
            .next = "the role is not used until it requires the external id"};
        (void)customer_refused(&c->customer, &refusal, &e);
    }
}

/*
 * The next customer to be checked, behind the one that was checked last: checks that end by their
 * timeouts are due again before all customers had theirs.
 */
static struct customer *next_due(struct customers *all)
{
    struct customer *due = NULL;
    for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) {
        bool wants = wants_check(entry_of(c));
        if (wants && c->slot >= all->check_from) {
            customer_release(due);
            return c;
        }
        due = wants && due == NULL ? customer_hold(c) : due;
    }
    return due;
}

int customers_check_role(struct customers *all)
{
    struct customer *c = next_due(all);
    if (c == NULL) {
        return CHECK_DUE_MS;
    }
    all->check_from = c->slot + (size_t)1;
    check_role(entry_of(c));
    customer_release(c);
    return CHECK_NEXT_MS;
}

void customers_role_checks(const struct customers *all, struct role_checks_counts *out)
{
    *out =
        (struct role_checks_counts){.proved = atomic_load(&all->role_checks[ROLE_PROVED]),
                                    .not_checked = atomic_load(&all->role_checks[ROLE_NOT_CHECKED]),
                                    .disproved = atomic_load(&all->role_checks[ROLE_DISPROVED])};
}

/* ---- By its use ---- */

static enum err_kind prove_external_id(struct customer_entry *c, struct err *e)
{
    struct role *r = c->role;
    err_clear(e);
    mutex_lock(&r->shared.lock);
    switch (proof_locked(c)) {
    case UNPROVED:
        prove_locked(c, e);
        break;
    case TOO_OLD:
        prove_again_locked(c, e);
        break;
    case PROVED:
        break;
    }
    mutex_unlock(&r->shared.lock);
    return e->kind;
}

enum err_kind customer_creds(struct customer *customer, struct creds_source **out, struct err *e)
{
    struct customer_entry *c = entry_of(customer);
    struct creds creds;
    struct creds_source *s = source_of(c, e);
    if (s == NULL || creds_get(s, &creds, e) != FAIL_NONE) {
        return e->kind;
    }
    creds_wipe(&creds);
    *out = s;
    return prove_external_id(c, e);
}

bool customer_warn_once(struct customer *c, enum customer_warning w)
{
    return !atomic_exchange(&entry_of(c)->role->warned[w], true);
}
