/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/long_lines.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <pthread.h>
#include <stdlib.h>

struct long_lines {
    struct {
        pthread_mutex_t lock;
        struct json_reader *readers[READERS];
    } shared;
};

struct long_lines *long_lines_new(size_t line_bytes)
{
    struct long_lines *l = mem_alloc(sizeof(*l));
    mutex_init(&l->shared.lock);
    for (size_t i = 0; i < READERS; i++) {
        l->shared.readers[i] = json_reader_new(line_bytes);
    }
    return l;
}

void long_lines_free(struct long_lines *l)
{
    if (l == NULL) {
        return;
    }
    for (size_t i = 0; i < READERS; i++) {
        json_reader_free(l->shared.readers[i]);
    }
    mutex_done(&l->shared.lock);
    free(l);
}

struct json_reader *const *long_lines_take(struct long_lines *l)
{
    mutex_lock(&l->shared.lock);
    return l->shared.readers;
}

struct json_reader *const *long_lines_readers(const struct long_lines *l)
{
    return l->shared.readers;
}

void long_lines_release(struct long_lines *l)
{
    mutex_unlock(&l->shared.lock);
}
