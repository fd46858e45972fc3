/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All customers have their points at the same times, so the position in the ring exists once. An
 * entry belongs to the slot of a customer; another generation of the slot empties it.
 */
#include "monitor/history.h"

#include "base/alloc.h"
#include "conf/sizes.h"

#include <stdlib.h>

struct ring {
    uint64_t events, left; /* counters at the last sample */
    uint32_t events_in[HISTORY_POINTS], left_in[HISTORY_POINTS];
    uint32_t generation;
    bool used;
};

_Static_assert(sizeof(struct ring) <= HISTORY_CUSTOMER_BYTES, "the memory plan");

struct history {
    struct ring *slots;
    size_t slot_count;
    uint32_t all[HISTORY_POINTS];
    size_t next;  /* position of the next point */
    size_t count; /* of points */
    int64_t sampled_ms, sampled_wall_ms;
};

struct history *history_new(void)
{
    return mem_zeros(1, sizeof(struct history));
}

void history_free(struct history *h)
{
    if (h != NULL) {
        free(h->slots);
        free(h);
    }
}

bool history_due(const struct history *h, int64_t now_ms)
{
    return h->sampled_wall_ms == 0 || now_ms - h->sampled_ms >= HISTORY_STEP_MS;
}

static const struct ring *find_ring(const struct history *h, const struct customer *c)
{
    const struct ring *r = c->slot < h->slot_count ? &h->slots[c->slot] : NULL;
    return r != NULL && r->used && r->generation == c->generation ? r : NULL;
}

static struct ring *ring_of(struct history *h, const struct customer *c)
{
    if (c->slot >= h->slot_count) {
        size_t count = (size_t)c->slot + 1;
        h->slots = mem_grow(h->slots, count, sizeof(*h->slots));
        memset(h->slots + h->slot_count, 0, (count - h->slot_count) * sizeof(*h->slots));
        h->slot_count = count;
    }
    struct ring *r = &h->slots[c->slot];
    if (!r->used || r->generation != c->generation) {
        *r = (struct ring){.used = true, .generation = c->generation};
    }
    return r;
}

/* What a counter has more than before. One that began again has its value. */
static uint32_t since(uint64_t *before, uint64_t now)
{
    uint64_t more = now >= *before ? now - *before : now;
    *before = now;
    return more < UINT32_MAX ? (uint32_t)more : UINT32_MAX;
}

void history_sample(struct history *h, const struct snapshot *s)
{
    uint64_t all = 0;
    for (size_t i = s->customer_count; i > 0; i--) { /* the highest slot is the first to grow */
        const struct snapshot_customer *c = &s->customers[i - 1];
        struct ring *r = ring_of(h, c->customer);
        r->events_in[h->next] = since(&r->events, stats_get(&c->stats.events));
        r->left_in[h->next] = since(&r->left, stats_get(&c->stats.objects_left));
        all += r->events_in[h->next];
    }
    h->all[h->next] = all < UINT32_MAX ? (uint32_t)all : UINT32_MAX;
    h->next = (h->next + 1) % HISTORY_POINTS;
    h->count += h->count < HISTORY_POINTS;
    h->sampled_ms = s->now_ms;
    h->sampled_wall_ms = s->wall_ms;
}

/* Position of a point; 0: the newest. */
static size_t position(const struct history *h, size_t age)
{
    return (h->next + 2 * HISTORY_POINTS - 1 - age) % HISTORY_POINTS;
}

/*
 * When the point of this age began; 0: the one that is not sampled yet. So the time is at most a
 * minute early, never late, and stays the same. Wall clock; not before the customer was known.
 */
static int64_t begin_of_point(const struct history *h, const struct snapshot *s,
                              const struct snapshot_customer *c, size_t age)
{
    int64_t known = s->wall_ms - c->trouble.known_ms;
    int64_t begin = h->sampled_wall_ms - (int64_t)age * HISTORY_STEP_MS;
    return h->count == 0 || begin < known ? known : begin;
}

void history_fill(const struct history *h, struct snapshot *s)
{
    for (size_t i = 0; i < s->customer_count; i++) {
        struct snapshot_customer *c = &s->customers[i];
        const struct ring *r = find_ring(h, c->customer);
        uint64_t left = stats_get(&c->stats.objects_left);
        c->left_lately = r != NULL && left >= r->left ? left - r->left : left;
        c->left_since_ms = c->left_lately != 0 ? begin_of_point(h, s, c, 0) : 0;
        for (size_t age = 0; r != NULL && age < h->count; age++) {
            uint32_t n = r->left_in[position(h, age)];
            c->left_lately += n;
            c->left_since_ms = n == 0 ? c->left_since_ms : begin_of_point(h, s, c, age + 1);
        }
    }
}

static void copy_line(const struct history *h, const uint32_t *from, struct history_line *out)
{
    out->count = h->count;
    for (size_t i = 0; i < h->count; i++) {
        out->points[i] = from[position(h, h->count - 1 - i)];
    }
}

void history_events(const struct history *h, const struct customer *c, struct history_line *out)
{
    const struct ring *r = find_ring(h, c);
    out->count = 0;
    if (r != NULL) {
        copy_line(h, r->events_in, out);
    }
}

void history_events_of_all(const struct history *h, struct history_line *out)
{
    copy_line(h, h->all, out);
}
