/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cond.h - condition variables that wait by the clock that never jumps.
 */
#ifndef BASE_COND_H
#define BASE_COND_H

#include "base/base.h"

#include <pthread.h>

/* As pthread_cond_init, for cond_wait_ms. */
void cond_init(pthread_cond_t *c);

/* Wait, with the lock held, ms at most. False: the time is over. Wakes for no reason, too. */
bool cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *lock, int ms);

#endif
