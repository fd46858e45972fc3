/* SPDX-License-Identifier: Apache-2.0 */
/* A lock that is handed over: a thread that releases a mutex could take it again before those that
 * wait. */
#include "event/record/long_lines.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/lock.h"

#include <stdlib.h>

enum { REMEMBERED = 64 }; /* turns; a party that had none of them is as good as a new one */

struct waiting {
    uint64_t party;
    bool served;
    pthread_cond_t turn;
    struct waiting *next;
};

struct long_lines {
    struct json_reader *readers[READERS]; /* of the thread that has them */
    struct {
        pthread_mutex_t lock;
        bool taken;
        struct waiting *waiting;      /* in the order in which they asked */
        uint64_t parties[REMEMBERED]; /* that had the readers, a ring */
        uint64_t turns;
        const void *last_user;
    } shared;
};

struct long_lines *long_lines_new(size_t line_bytes)
{
    struct long_lines *l = mem_zeros(1, sizeof(*l));
    mutex_init(&l->shared.lock);
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
    mutex_done(&l->shared.lock);
    free(l);
}

/* How many turns ago the party had the readers, REMEMBERED at most. */
static uint64_t turns_ago_locked(const struct long_lines *l, uint64_t party)
{
    uint64_t known = l->shared.turns < REMEMBERED ? l->shared.turns : REMEMBERED;
    for (uint64_t ago = 0; ago < known; ago++) {
        if (l->shared.parties[(l->shared.turns - 1 - ago) % REMEMBERED] == party) {
            return ago;
        }
    }
    return REMEMBERED;
}

/* Out of the list: the one whose turn it is; NULL: none waits. */
static struct waiting *next_locked(struct long_lines *l)
{
    struct waiting **best = NULL;
    uint64_t longest = 0;
    for (struct waiting **at = &l->shared.waiting; *at != NULL; at = &(*at)->next) {
        uint64_t ago = turns_ago_locked(l, (*at)->party);
        if (best == NULL || ago > longest) {
            best = at;
            longest = ago;
        }
    }
    struct waiting *next = best != NULL ? *best : NULL;
    if (next != NULL) {
        *best = next->next;
    }
    return next;
}

static void wait_locked(struct long_lines *l, uint64_t party)
{
    struct waiting mine = {.party = party};
    struct waiting **end = &l->shared.waiting;
    cond_init(&mine.turn);
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = &mine;
    while (!mine.served) {
        cond_wait(&mine.turn, &l->shared.lock);
    }
    cond_done(&mine.turn);
}

bool long_lines_take(struct long_lines *l, const void *user, struct span party_id)
{
    /* two parties with one hash would share their turns */
    uint64_t party = hash_span(HASH_SEED, party_id);
    mutex_lock(&l->shared.lock);
    if (l->shared.taken) {
        wait_locked(l, party);
    }
    l->shared.taken = true;
    l->shared.parties[l->shared.turns++ % REMEMBERED] = party;
    bool same = l->shared.last_user == user;
    l->shared.last_user = user;
    mutex_unlock(&l->shared.lock);
    return same;
}

/* The readers stay taken while they are handed over. */
void long_lines_release(struct long_lines *l)
{
    mutex_lock(&l->shared.lock);
    struct waiting *next = next_locked(l);
    l->shared.taken = next != NULL;
    if (next != NULL) {
        next->served = true;
        cond_signal(&next->turn);
    }
    mutex_unlock(&l->shared.lock);
}

size_t long_lines_waiting(struct long_lines *l)
{
    size_t count = 0;
    mutex_lock(&l->shared.lock);
    for (const struct waiting *w = l->shared.waiting; w != NULL; w = w->next) {
        count++;
    }
    mutex_unlock(&l->shared.lock);
    return count;
}

struct json_reader *const *long_lines_readers(const struct long_lines *l)
{
    return l->readers;
}
