/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of an origin. Each set of credentials has two times on the wall clock: from renew_ms
 * on, one thread renews it; until until_ms, all threads use it; after that they wait for the next
 * set. Pauses after failures are measured with the monotonic clock.
 *
 * A set that has already expired when it arrives from its origin is used nevertheless. Either this
 * host's clock is wrong, or an instance's metadata service has a failure, which it reports so
 * (research/aws.md §5.4).
 */
#include "net/creds.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/rng.h"
#include "net/sts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAST_MINUTE_MS = 60 * 1000,
    FAR_MS = 120 * 1000, /* an expired set is used for this to five times this */
    PAUSE_MS = 1000,     /* after the first failure; doubles with each */
    PAUSE_MAX_MS = 60 * 1000,
    HEED_MS = 15 * 1000, /* between two renewals: the origin may return the same set */
    NAME_BYTES = 200,
};

struct creds_source {
    struct creds_origin origin;
    const struct clock *clock;
    char name[NAME_BYTES];
    struct sts *sts;
    bool owns_sts;

    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        struct rng rng;
        struct creds now;
        bool have;                    /* `now` is a set */
        bool rejected;                /* a service rejected it */
        bool fetching;                /* a thread queries the origin */
        bool stopped;                 /* the origin is not queried any more */
        int64_t renew_ms, until_ms;   /* wall clock */
        int64_t heeded_ms, resume_ms; /* monotonic: last rejection; end of the pause */
        unsigned failures;            /* consecutive */
        struct err why;               /* of the last failure */
    } shared;
};

struct creds_source *creds_source_new(const struct creds_origin *origin, const char *name,
                                      const struct creds_settings *settings)
{
    struct creds_source *s = mem_zeros(1, sizeof(*s));
    s->origin = *origin;
    s->clock = settings->clock;
    err_copy(s->name, sizeof(s->name), span_str(name));
    if (settings->jitter_seed != 0) {
        rng_init(&s->shared.rng, settings->jitter_seed);
    } else {
        rng_init_random(&s->shared.rng);
    }
    mutex_init(&s->shared.lock);
    cond_init(&s->shared.changed);
    s->shared.resume_ms = INT64_MIN;
    s->shared.heeded_ms = clock_mono_ms(s->clock) - HEED_MS;
    return s;
}

void creds_source_free(struct creds_source *s)
{
    if (s == NULL) {
        return;
    }
    if (s->origin.free != NULL) {
        s->origin.free(s->origin.ctx);
    }
    if (s->owns_sts) {
        sts_free(s->sts);
    }
    creds_wipe(&s->shared.now);
    mutex_done(&s->shared.lock);
    cond_done(&s->shared.changed);
    free(s);
}

const char *creds_source_name(const struct creds_source *s)
{
    return s->name;
}

struct sts *creds_source_sts(struct creds_source *s)
{
    return s->sts;
}

void creds_source_set_sts(struct creds_source *s, struct sts *sts, bool own)
{
    s->sts = sts;
    s->owns_sts = own;
}

/* Copies only the texts: a whole set is 16 KiB, mostly unused. */
static void copy_set(struct creds *to, const struct creds *from)
{
    memcpy(to->access_key_id, from->access_key_id, sizeof(to->access_key_id));
    memcpy(to->secret_access_key, from->secret_access_key, sizeof(to->secret_access_key));
    memcpy(to->session_token, from->session_token, strlen(from->session_token) + 1);
    to->expires_ms = from->expires_ms;
}

/* AWS's wall clock, if STS has measured the skew, since expirations are times of that clock. */
static int64_t wall_ms(const struct creds_source *s)
{
    return clock_wall_ms(s->clock) + (s->sts != NULL ? sts_clock_offset_ms(s->sts) : 0);
}

static bool usable_locked(const struct creds_source *s)
{
    return s->shared.have && !s->shared.rejected && wall_ms(s) < s->shared.until_ms;
}

/* Whether the origin must not be queried now. */
static bool paused_locked(const struct creds_source *s)
{
    return s->shared.stopped || clock_mono_ms(s->clock) < s->shared.resume_ms;
}

/* A random time from FAR_MS to five times FAR_MS. */
static int64_t stale_time_locked(struct creds_source *s)
{
    return FAR_MS + (int64_t)rng_below(&s->shared.rng, 4 * (uint64_t)FAR_MS);
}

/* Set renew_ms and until_ms for the set in `now`. */
static void plan_locked(struct creds_source *s)
{
    int64_t now = wall_ms(s);
    int64_t end = s->shared.now.expires_ms;
    if (end == INT64_MAX) {
        s->shared.renew_ms = INT64_MAX;
        s->shared.until_ms = INT64_MAX;
        return;
    }
    int64_t life = end - now;
    if (life <= LAST_MINUTE_MS) {
        s->shared.renew_ms = now + stale_time_locked(s);
        s->shared.until_ms = s->shared.renew_ms;
        return;
    }
    int64_t jitter = (int64_t)rng_below(&s->shared.rng, (uint64_t)(life / 4) + 1);
    s->shared.renew_ms = now + life / 2 + jitter;
    s->shared.until_ms = end - LAST_MINUTE_MS;
}

static void store_locked(struct creds_source *s, const struct creds *fresh)
{
    creds_wipe(&s->shared.now);
    copy_set(&s->shared.now, fresh);
    s->shared.have = true;
    s->shared.rejected = false;
    s->shared.failures = 0;
    s->shared.resume_ms = INT64_MIN;
    err_clear(&s->shared.why);
    plan_locked(s);
}

static void note_failure_locked(struct creds_source *s, const struct err *why)
{
    unsigned doublings = s->shared.failures < 6 ? s->shared.failures : 6;
    int64_t pause = (int64_t)PAUSE_MS << doublings;
    pause = pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
    pause = pause / 2 + (int64_t)rng_below(&s->shared.rng, (uint64_t)pause / 2 + 1);
    s->shared.failures++;
    s->shared.resume_ms = clock_mono_ms(s->clock) + pause;
    s->shared.why = *why;
    if (s->origin.stable && s->shared.have && !s->shared.rejected && !usable_locked(s)) {
        s->shared.until_ms = wall_ms(s) + stale_time_locked(s);
        s->shared.renew_ms = s->shared.until_ms;
    }
}

/* Query the origin; the lock is released meanwhile. */
static void fetch_locked(struct creds_source *s)
{
    struct creds fresh = {.expires_ms = INT64_MAX};
    struct err why = {0};
    s->shared.fetching = true;
    mutex_unlock(&s->shared.lock);
    enum err_kind kind = s->origin.fetch(s->origin.ctx, &fresh, &why);
    mutex_lock(&s->shared.lock);
    s->shared.fetching = false;

    if (kind == FAIL_NONE) {
        store_locked(s, &fresh);
    } else {
        why.kind = kind;
        note_failure_locked(s, &why);
    }
    creds_wipe(&fresh);
    cond_broadcast(&s->shared.changed);
}

/* Wait until there is a usable set, or a reason why there is none. */
static void settle_locked(struct creds_source *s)
{
    if (usable_locked(s)) {
        bool due = wall_ms(s) >= s->shared.renew_ms;
        if (due && !s->shared.fetching && !paused_locked(s)) {
            fetch_locked(s);
        }
        return;
    }
    while (!usable_locked(s) && !paused_locked(s)) {
        if (s->shared.fetching) {
            cond_wait(&s->shared.changed, &s->shared.lock);
        } else {
            fetch_locked(s);
        }
    }
}

static enum err_kind answer_locked(const struct creds_source *s, struct creds *out, struct err *e)
{
    if (usable_locked(s)) {
        copy_set(out, &s->shared.now);
        return FAIL_NONE;
    }
    if (s->shared.stopped) {
        return err_set(e, FAIL_STOPPED, "%s: stopped", s->name);
    }
    if (e != NULL) {
        *e = s->shared.why;
    }
    return s->shared.why.kind;
}

enum err_kind creds_get(struct creds_source *s, struct creds *out, struct err *e)
{
    mutex_lock(&s->shared.lock);
    settle_locked(s);
    enum err_kind kind = answer_locked(s, out, e);
    mutex_unlock(&s->shared.lock);
    return kind;
}

bool creds_at_hand(struct creds_source *s, struct creds *out, enum err_kind *kind, bool *due,
                   struct err *e)
{
    mutex_lock(&s->shared.lock);
    bool usable = usable_locked(s);
    bool paused = paused_locked(s);
    bool now = usable || paused;
    *due = !paused && (!usable || (!s->shared.fetching && wall_ms(s) >= s->shared.renew_ms));
    if (now) {
        *kind = answer_locked(s, out, e);
    }
    mutex_unlock(&s->shared.lock);
    return now;
}

void creds_source_stop(struct creds_source *s)
{
    mutex_lock(&s->shared.lock);
    s->shared.stopped = true;
    cond_broadcast(&s->shared.changed);
    mutex_unlock(&s->shared.lock);
    if (s->origin.stop != NULL) {
        s->origin.stop(s->origin.ctx);
    }
    if (s->owns_sts) {
        sts_stop(s->sts);
    }
}

void creds_reject(struct creds_source *s, const struct creds *used)
{
    mutex_lock(&s->shared.lock);
    bool same = s->shared.have && !s->shared.rejected &&
                strcmp(s->shared.now.access_key_id, used->access_key_id) == 0 &&
                strcmp(s->shared.now.session_token, used->session_token) == 0;
    int64_t now = clock_mono_ms(s->clock);
    if (same && now - s->shared.heeded_ms >= HEED_MS) {
        s->shared.heeded_ms = now;
        s->shared.rejected = true;
        s->shared.resume_ms = INT64_MIN;
    }
    mutex_unlock(&s->shared.lock);
}

int64_t creds_expires_ms(struct creds_source *s)
{
    mutex_lock(&s->shared.lock);
    int64_t at = s->shared.have ? s->shared.now.expires_ms : 0;
    mutex_unlock(&s->shared.lock);
    return at;
}

bool creds_renewal_failed(struct creds_source *s, struct err *why)
{
    mutex_lock(&s->shared.lock);
    bool failed = s->shared.failures > 0 && usable_locked(s);
    if (failed) {
        *why = s->shared.why;
    }
    mutex_unlock(&s->shared.lock);
    return failed;
}

bool creds_refused(struct creds_source *s, const struct err *e)
{
    mutex_lock(&s->shared.lock);
    const struct err *why = &s->shared.why;
    bool refused = s->shared.failures > 0 && !usable_locked(s) && why->kind == e->kind &&
                   strcmp(why->request_id, e->request_id) == 0;
    mutex_unlock(&s->shared.lock);
    return refused;
}
