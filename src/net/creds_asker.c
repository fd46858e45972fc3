/* SPDX-License-Identifier: Apache-2.0 */
#include "net/creds_asker.h"

#include <pthread.h>
#include <stdlib.h>

struct creds_asker {
    struct creds_source *source;
    void (*done)(void *ctx);
    void *ctx;
    pthread_t thread;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        bool wanted, busy, stopping;
    } shared;
};

/* What it answers is in its cache from now on, good or bad. */
static void ask(struct creds_asker *a)
{
    struct creds c;
    struct err e = {.kind = FAIL_NONE};
    (void)!creds_get(a->source, &c, &e);
    creds_wipe(&c);
}

static void *asker_run(void *arg)
{
    struct creds_asker *a = arg;
    (void)pthread_mutex_lock(&a->shared.lock);
    while (!a->shared.stopping) {
        if (!a->shared.wanted) {
            (void)pthread_cond_wait(&a->shared.changed, &a->shared.lock);
            continue;
        }
        a->shared.wanted = false;
        a->shared.busy = true;
        (void)pthread_mutex_unlock(&a->shared.lock);
        ask(a);
        (void)pthread_mutex_lock(&a->shared.lock);
        a->shared.busy = false;
        (void)pthread_mutex_unlock(&a->shared.lock);
        a->done(a->ctx);
        (void)pthread_mutex_lock(&a->shared.lock);
    }
    (void)pthread_mutex_unlock(&a->shared.lock);
    return NULL;
}

struct creds_asker *creds_asker_new(struct creds_source *s, void (*done)(void *ctx), void *ctx)
{
    struct creds_asker *a = calloc(1, sizeof(*a));
    if (a == NULL) {
        abort();
    }
    a->source = s;
    a->done = done;
    a->ctx = ctx;
    if (pthread_mutex_init(&a->shared.lock, NULL) != 0 ||
        pthread_cond_init(&a->shared.changed, NULL) != 0 ||
        pthread_create(&a->thread, NULL, asker_run, a) != 0) {
        abort();
    }
    return a;
}

void creds_asker_free(struct creds_asker *a)
{
    if (a == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&a->shared.lock);
    a->shared.stopping = true;
    (void)pthread_cond_signal(&a->shared.changed);
    (void)pthread_mutex_unlock(&a->shared.lock);
    (void)pthread_join(a->thread, NULL);
    (void)pthread_mutex_destroy(&a->shared.lock);
    (void)pthread_cond_destroy(&a->shared.changed);
    free(a);
}

void creds_asker_ask(struct creds_asker *a)
{
    (void)pthread_mutex_lock(&a->shared.lock);
    if (!a->shared.busy) {
        a->shared.wanted = true;
        (void)pthread_cond_signal(&a->shared.changed);
    }
    (void)pthread_mutex_unlock(&a->shared.lock);
}

bool creds_asker_busy(struct creds_asker *a)
{
    (void)pthread_mutex_lock(&a->shared.lock);
    bool busy = a->shared.wanted || a->shared.busy;
    (void)pthread_mutex_unlock(&a->shared.lock);
    return busy;
}
