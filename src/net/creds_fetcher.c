/* SPDX-License-Identifier: Apache-2.0 */
#include "net/creds_fetcher.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <pthread.h>
#include <stdlib.h>

struct creds_fetcher {
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

/* The result, a set or an error, is then in the cache of the source. */
static void fetch_creds(struct creds_fetcher *a)
{
    struct creds c;
    struct err e = {.kind = FAIL_NONE};
    (void)!creds_get(a->source, &c, &e);
    creds_wipe(&c);
}

static void *fetcher_run(void *arg)
{
    struct creds_fetcher *a = arg;
    mutex_lock(&a->shared.lock);
    while (!a->shared.stopping) {
        if (!a->shared.wanted) {
            cond_wait(&a->shared.changed, &a->shared.lock);
            continue;
        }
        a->shared.wanted = false;
        a->shared.busy = true;
        mutex_unlock(&a->shared.lock);
        fetch_creds(a);
        mutex_lock(&a->shared.lock);
        a->shared.busy = false;
        mutex_unlock(&a->shared.lock);
        a->done(a->ctx);
        mutex_lock(&a->shared.lock);
    }
    mutex_unlock(&a->shared.lock);
    return NULL;
}

struct creds_fetcher *creds_fetcher_new(struct creds_source *s, void (*done)(void *ctx), void *ctx)
{
    struct creds_fetcher *a = mem_zeros(1, sizeof(*a));
    a->source = s;
    a->done = done;
    a->ctx = ctx;
    mutex_init(&a->shared.lock);
    cond_init(&a->shared.changed);
    thread_start(&a->thread, "credentials", fetcher_run, a);
    return a;
}

void creds_fetcher_free(struct creds_fetcher *a)
{
    if (a == NULL) {
        return;
    }
    mutex_lock(&a->shared.lock);
    a->shared.stopping = true;
    cond_signal(&a->shared.changed);
    mutex_unlock(&a->shared.lock);
    thread_join(a->thread);
    mutex_done(&a->shared.lock);
    cond_done(&a->shared.changed);
    free(a);
}

void creds_fetcher_ask(struct creds_fetcher *a)
{
    mutex_lock(&a->shared.lock);
    if (!a->shared.busy) {
        a->shared.wanted = true;
        cond_signal(&a->shared.changed);
    }
    mutex_unlock(&a->shared.lock);
}

bool creds_fetcher_busy(struct creds_fetcher *a)
{
    mutex_lock(&a->shared.lock);
    bool busy = a->shared.wanted || a->shared.busy;
    mutex_unlock(&a->shared.lock);
    return busy;
}
