/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_pool.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

enum { KEEP_BODY_BYTES = 64 * 1024 }; /* a larger buffer is released after each call */

struct http_pool {
    size_t max_body_bytes;
    struct {
        pthread_mutex_t lock;
        struct http_seat *all, *free;
        bool stopped;
    } shared;
};

struct http_pool *http_pool_new(size_t max_body_bytes)
{
    struct http_pool *p = mem_zeros(1, sizeof(*p));
    mutex_init(&p->shared.lock);
    p->max_body_bytes = max_body_bytes;
    return p;
}

void http_pool_free(struct http_pool *p)
{
    if (p == NULL) {
        return;
    }
    for (struct http_seat *seat = p->shared.all; seat != NULL;) {
        struct http_seat *next = seat->all;
        sigv4_cache_wipe(&seat->signer.cache);
        http_answer_done(&seat->answer);
        http_free(seat->http);
        free(seat);
        seat = next;
    }
    mutex_done(&p->shared.lock);
    free(p);
}

static struct http_seat *seat_new(const struct http_pool *p)
{
    struct http_seat *seat = mem_zeros(1, sizeof(*seat));
    seat->http = http_new(NULL);
    http_answer_init_secret(&seat->answer, p->max_body_bytes);
    return seat;
}

struct http_seat *http_pool_take(struct http_pool *p)
{
    mutex_lock(&p->shared.lock);
    struct http_seat *seat = p->shared.free;
    if (seat != NULL) {
        p->shared.free = seat->free;
    } else {
        seat = seat_new(p);
        seat->all = p->shared.all;
        p->shared.all = seat;
        if (p->shared.stopped) {
            http_stop(seat->http);
        }
    }
    mutex_unlock(&p->shared.lock);
    return seat;
}

void http_pool_give(struct http_pool *p, struct http_seat *seat)
{
    struct buf *body = &seat->answer.body;
    if (body->p != NULL) {
        OPENSSL_cleanse(body->p, body->n);
    }
    if (body->cap > KEEP_BODY_BYTES) {
        buf_done(body);
    }
    http_answer_clear(&seat->answer);

    mutex_lock(&p->shared.lock);
    seat->free = p->shared.free;
    p->shared.free = seat;
    mutex_unlock(&p->shared.lock);
}

enum err_kind http_pool_call(struct http_seat *seat, const struct signer *how,
                             const struct http_request *r, struct err *e)
{
    struct signer *s = &seat->signer;
    s->clock = how->clock;
    s->skew = how->skew;
    s->creds = how->creds;
    s->service = how->service;
    s->region = how->region;
    s->rules = how->rules;
    s->rule_count = how->rule_count;
    return signed_call(s, seat->http, r, &seat->answer, NULL, e);
}

void http_pool_stop(struct http_pool *p)
{
    mutex_lock(&p->shared.lock);
    p->shared.stopped = true;
    for (struct http_seat *seat = p->shared.all; seat != NULL; seat = seat->all) {
        http_stop(seat->http);
    }
    mutex_unlock(&p->shared.lock);
}
