/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - mutexes, condition variables, read-write locks and threads that cannot fail.
 *
 * Their errors are mistakes of the program (a mutex that was not initialised, a thread that
 * unlocks what another locked) or lack of memory: all abort. Timed waits use the monotonic
 * clock, so a jump of the wall clock neither ends nor prolongs them.
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

/* Wait with the mutex held; it is released meanwhile. May return without a signal. */
void cond_wait(pthread_cond_t *c, pthread_mutex_t *m);

/* The same for ms at most (0 or less: not at all). False: the time is over. */
bool cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *m, int ms);

void rwlock_init(pthread_rwlock_t *l);
void rwlock_done(pthread_rwlock_t *l);
void rwlock_read(pthread_rwlock_t *l);
void rwlock_write(pthread_rwlock_t *l);
void rwlock_unlock(pthread_rwlock_t *l);

/* name: what top, gdb and perf show, 15 bytes at most. */
void thread_start(pthread_t *t, const char *name, void *(*run)(void *), void *arg);
void thread_join(pthread_t t);

#endif
