/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - mutexes, condition variables, read-write locks and threads that cannot fail.
 *
 * Their errors are programming errors (a mutex that was not initialised, an unlock by another
 * thread) or lack of memory; all of them abort. Timed waits use the monotonic clock, so that a
 * change of the wall clock does not affect them.
 *
 *     thread_start(&l->thread, "lane", lane_run, l);
 *     ...
 *     mutex_lock(&l->shared.lock);
 *     while (!l->shared.stopped && left_ms > 0) {
 *         (void)cond_wait_ms(&l->shared.ended, &l->shared.lock, left_ms);
 *     }
 *     mutex_unlock(&l->shared.lock);
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include "base/base.h"

#include <pthread.h>

void mutex_init(pthread_mutex_t *m);
void mutex_done(pthread_mutex_t *m);
void mutex_lock(pthread_mutex_t *m);
void mutex_unlock(pthread_mutex_t *m);

void cond_init(pthread_cond_t *c);
void cond_done(pthread_cond_t *c);
void cond_signal(pthread_cond_t *c);
void cond_broadcast(pthread_cond_t *c);

/*
 * Wait for a signal. The caller holds the mutex; it is released during the wait. May also return
 * without a signal.
 */
void cond_wait(pthread_cond_t *c, pthread_mutex_t *m);

/* As cond_wait, for at most `ms` (0 or less: no wait). False: the time is over. */
bool cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *m, int ms);

void rw_lock_init(pthread_rwlock_t *l);
void rw_lock_done(pthread_rwlock_t *l);
void rw_lock_read(pthread_rwlock_t *l);
void rw_lock_write(pthread_rwlock_t *l);
void rw_lock_unlock(pthread_rwlock_t *l);

/* name: shown by top, gdb and perf; at most 15 bytes. */
void thread_start(pthread_t *t, const char *name, void *(*run)(void *), void *arg);
void thread_join(pthread_t t);

#endif
