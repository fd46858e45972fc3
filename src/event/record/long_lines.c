/* SPDX-License-Identifier: Apache-2.0 */
/* A lock with tickets: a thread that releases a mutex could take it again before those that wait.
 */
#include "event/record/long_lines.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <stdlib.h>

struct long_lines {
    struct json_reader *readers[READERS]; /* of the thread with the ticket `served` */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t turn;
        uint64_t next;   /* ticket of the next thread that asks */
        uint64_t served; /* ticket of the thread that has the readers, or may have them */
        const void *last_user;
    } shared;
};

struct long_lines *long_lines_new(size_t line_bytes)
{
    struct long_lines *l = mem_zeros(1, sizeof(*l));
    mutex_init(&l->shared.lock);
    cond_init(&l->shared.turn);
    for (size_t i = 0; i < READERS; i++) {
        l->readers[i] = json_reader_new(line_bytes);
    }
    return l;
}

void long_lines_free(struct long_lines *l)
{
    if (l == NULL) {
        return;
    }
    for (size_t i = 0; i < READERS; i++) {
        json_reader_free(l->readers[i]);
    }
    cond_done(&l->shared.turn);
    mutex_done(&l->shared.lock);
    free(l);
}

bool long_lines_take(struct long_lines *l, const void *user)
{
    mutex_lock(&l->shared.lock);
    uint64_t ticket = l->shared.next++;
    while (l->shared.served != ticket) {
        cond_wait(&l->shared.turn, &l->shared.lock);
    }
    bool same = l->shared.last_user == user;
    l->shared.last_user = user;
    mutex_unlock(&l->shared.lock);
    return same;
}

void long_lines_release(struct long_lines *l)
{
    mutex_lock(&l->shared.lock);
    l->shared.served++;
    cond_broadcast(&l->shared.turn);
    mutex_unlock(&l->shared.lock);
}

size_t long_lines_waiting(struct long_lines *l)
{
    mutex_lock(&l->shared.lock);
    uint64_t asked = l->shared.next - l->shared.served;
    mutex_unlock(&l->shared.lock);
    return asked > 1 ? (size_t)asked - 1 : 0;
}

struct json_reader *const *long_lines_readers(const struct long_lines *l)
{
    return l->readers;
}
