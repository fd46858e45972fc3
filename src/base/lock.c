/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void must(int error)
{
    if (error != 0) {
        abort();
    }
}

void mutex_init(pthread_mutex_t *m)
{
    must(pthread_mutex_init(m, NULL));
}

void mutex_done(pthread_mutex_t *m)
{
    must(pthread_mutex_destroy(m));
}

void mutex_lock(pthread_mutex_t *m)
{
    must(pthread_mutex_lock(m));
}

void mutex_unlock(pthread_mutex_t *m)
{
    must(pthread_mutex_unlock(m));
}

void cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    must(pthread_condattr_init(&attr));
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
    must(pthread_cond_init(c, &attr));
    must(pthread_condattr_destroy(&attr));
}

void cond_done(pthread_cond_t *c)
{
    must(pthread_cond_destroy(c));
}

void cond_signal(pthread_cond_t *c)
{
    must(pthread_cond_signal(c));
}

void cond_broadcast(pthread_cond_t *c)
{
    must(pthread_cond_broadcast(c));
}

void cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
    must(pthread_cond_wait(c, m));
}

bool cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *m, int ms)
{
    struct timespec t;
    must(clock_gettime(CLOCK_MONOTONIC, &t));
    ms = ms > 0 ? ms : 0;
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    int error = pthread_cond_timedwait(c, m, &t);
    must(error != ETIMEDOUT ? error : 0);
    return error == 0;
}

void rw_lock_init(pthread_rwlock_t *l)
{
    must(pthread_rwlock_init(l, NULL));
}

void rw_lock_done(pthread_rwlock_t *l)
{
    must(pthread_rwlock_destroy(l));
}

void rw_lock_read(pthread_rwlock_t *l)
{
    must(pthread_rwlock_rdlock(l));
}

void rw_lock_write(pthread_rwlock_t *l)
{
    must(pthread_rwlock_wrlock(l));
}

void rw_lock_unlock(pthread_rwlock_t *l)
{
    must(pthread_rwlock_unlock(l));
}

void thread_start(pthread_t *t, const char *name, void *(*run)(void *), void *arg)
{
    must(pthread_create(t, NULL, run, arg));
    (void)pthread_setname_np(*t, name); /* fails only if the name is too long */
}

void thread_join(pthread_t t)
{
    must(pthread_join(t, NULL));
}
