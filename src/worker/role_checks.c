/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_checks.c - the thread that repeats the checks of the customers' roles (verify.interval). A
 * check waits for STS, so it is no work of the intake, and of no lane, which delivers.
 */
#include "base/alloc.h"
#include "base/lock.h"
#include "worker_priv.h"

#include <stdlib.h>

struct role_checks {
    struct customers *customers;
    pthread_t thread;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        bool stopping;
    } shared;
};

static void *checks_run(void *arg)
{
    struct role_checks *r = arg;
    mutex_lock(&r->shared.lock);
    while (!r->shared.stopping) {
        mutex_unlock(&r->shared.lock);
        int wait_ms = customers_check_role(r->customers);
        mutex_lock(&r->shared.lock);
        if (!r->shared.stopping) {
            (void)cond_wait_ms(&r->shared.changed, &r->shared.lock, wait_ms);
        }
    }
    mutex_unlock(&r->shared.lock);
    return NULL;
}

struct role_checks *role_checks_new(struct customers *customers)
{
    struct role_checks *r = mem_zeros(1, sizeof(*r));
    r->customers = customers;
    mutex_init(&r->shared.lock);
    cond_init(&r->shared.changed);
    thread_start(&r->thread, "role checks", checks_run, r);
    return r;
}

void role_checks_stop(struct role_checks *r)
{
    mutex_lock(&r->shared.lock);
    r->shared.stopping = true;
    cond_signal(&r->shared.changed);
    mutex_unlock(&r->shared.lock);
}

void role_checks_free(struct role_checks *r)
{
    if (r == NULL) {
        return;
    }
    role_checks_stop(r);
    thread_join(r->thread);
    mutex_done(&r->shared.lock);
    cond_done(&r->shared.changed);
    free(r);
}
