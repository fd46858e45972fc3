/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verified.c - whether a customer may be taken under verify.require_verified: its stored proof
 * (customers/proof.h) is read when the customer is created, and again by customers_watch, so that a
 * proof that `verify` stores is found within seconds.
 */
#include "customers_priv.h"

#include "base/lock.h"
#include "base/log.h"

#include <stdio.h>

enum { AGAIN_MS = 5 * 1000, VALID_AGAIN_MS = 60 * 1000 };

static bool is_required(const struct customer_entry *c)
{
    return c->conf->verify.require_verified || c->all->parts.require_verified;
}

static const char *reason_of(enum proof_state state)
{
    static const char *const reasons[] = {
        [PROOF_VALID] = "proved",
        [PROOF_NONE] = "nothing is proved yet",
        [PROOF_OLD] = "the proof is older than verify.max_age",
        [PROOF_OTHER] = "the proof is of another role, external id, bucket, prefix or region",
        [PROOF_DISPROVED] = "a check that must be denied was not denied",
        [PROOF_UNREADABLE] = "the file of the proof cannot be read",
    };
    return reasons[state];
}

static void read_proof(struct customer_entry *c)
{
    int64_t oldest = clock_wall_ms(c->all->parts.clock) - c->conf->verify.max_age_ms;
    struct proof p;
    enum proof_state state = proof_read(c->conf->verify.state_dir, c->customer.conf, oldest, &p);
    mutex_lock(&c->verified.lock);
    c->verified.proof = p;
    mutex_unlock(&c->verified.lock);
    atomic_store(&c->verified.state, (int)state);
}

static void tell_state(struct customer_entry *c, enum proof_state state)
{
    struct err why = {.kind = FAIL_NONE};
    bool valid = state == PROOF_VALID;
    if (!valid) {
        (void)err_set(&why, FAIL_CONFIG, "%s", reason_of(state));
    }
    ops_verify_changed(customer_ops(&c->customer), c->customer.id,
                       &(struct ops_verify){.check = "proof",
                                            .result = valid ? "proved" : "not_proved",
                                            .before = valid ? "not_proved" : NULL,
                                            .err = &why});
}

static void log_state(struct customer_entry *c, enum proof_state state)
{
    struct proof p;
    mutex_lock(&c->verified.lock);
    p = c->verified.proof;
    mutex_unlock(&c->verified.lock);
    int64_t age_s = (clock_wall_ms(c->all->parts.clock) - p.proved_ms) / 1000;
    struct log_kv age = KV_KNOWN("proved_s", p.proved_ms > 0 ? age_s : -1);
    tell_state(c, state);
    if (state == PROOF_VALID) {
        log_write(LOG_INFO, "customer taken", KV_SPAN("customer", c->customer.id), age);
        return;
    }
    log_write(LOG_WARN, "customer not taken", KV_SPAN("customer", c->customer.id),
              KV_STR("reason", reason_of(state)), KV_SET("check", p.disproved), age,
              KV_STR("next", "its messages stay in the queue; asymptote-ingest verify with this "
                             "customer stores the proof, which is found within seconds"));
}

void verified_init(struct customer_entry *c, const struct customer_entry *before)
{
    mutex_init(&c->verified.lock);
    atomic_init(&c->verified.state, PROOF_VALID);
    c->verified.logged = before != NULL ? before->verified.logged : (int)PROOF_VALID;
    c->verified.required = is_required(c) && c->conf->verify.state_dir != NULL;
    if (c->verified.required) {
        read_proof(c);
    }
}

void verified_done(struct customer_entry *c)
{
    mutex_done(&c->verified.lock);
}

/* Of a table in use, by customers_watch only. */
void verified_watch(struct customer_entry *c, int64_t now)
{
    if (!c->verified.required) {
        return;
    }
    if (now >= c->verified.next_ms) {
        read_proof(c);
        bool valid = atomic_load(&c->verified.state) == PROOF_VALID;
        c->verified.next_ms = now + (valid ? VALID_AGAIN_MS : AGAIN_MS);
    }
    int state = atomic_load(&c->verified.state);
    if (state != c->verified.logged) {
        c->verified.logged = state;
        log_state(c, (enum proof_state)state);
    }
}

bool verified_blocks(struct customer_entry *c, struct err *why)
{
    enum proof_state state = (enum proof_state)atomic_load(&c->verified.state);
    if (state == PROOF_VALID) {
        return false;
    }
    if (why != NULL) {
        (void)err_set(why, FAIL_CONFIG, "not verified: %s", reason_of(state));
    }
    return true;
}

void verified_disprove(struct customer_entry *c, const char *check)
{
    struct err e = {0};
    struct proof p = {.proved_ms = 0};
    if (c->conf->verify.state_dir == NULL) {
        return;
    }
    (void)snprintf(p.disproved, sizeof(p.disproved), "%s", check);
    if (proof_write(c->conf->verify.state_dir, c->customer.conf, &p, &e) != FAIL_NONE) {
        log_write(LOG_ERROR, "proof not stored", KV_SPAN("customer", c->customer.id), KV_ERR(&e),
                  KV_STR("next", "the customer is paused now, but another worker or the next "
                                 "start may take it; let the worker write to verify.state_dir"));
    }
    if (c->verified.required) {
        read_proof(c);
    }
}

void verified_state(struct customer_entry *c, struct customer_state *out)
{
    out->unverified = atomic_load(&c->verified.state) != PROOF_VALID;
}

bool customer_verification_required(struct customer *c)
{
    return entry_of(c)->verified.required;
}
