/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.c - the limit of a customer's unacknowledged bytes: its share of the Kafka queue by the
 * rule of base/share.h. So no number of unavailable topics can fill the queue and stop the other
 * customers. The limit is also no larger than keeps one partition busy, if its key sends all
 * records to one. A longer queue of one partition uses memory and CPU time of librdkafka's thread
 * without any benefit.
 *
 * While Kafka is unreachable, all lanes wait and extend their leases, since returning messages
 * would only raise their receive counts. If the records of other customers are acknowledged and
 * those of one customer are not, its lanes end their attempts. After a much longer time they also
 * end them if brokers answer but no record at all is acknowledged, since the customers with
 * unavailable topics may have taken all lanes.
 */
#include "customers_priv.h"

#include "base/lock.h"
#include "base/share.h"

enum {
    SHARE_WAIT_MS = 30 * 1000,   /* without an acknowledgement, while other customers have some */
    SHARE_ALONE_MS = 300 * 1000, /* ... while no customer has any, */
    SHARE_QUIET_MS = 10 * 1000,  /* which is the case after this time */
    SHARE_LOOK_MS = 250,
    SHARE_ROOM = 3,
};

/*
 * Whether the bytes exceed its share. A customer without unacknowledged bytes may exceed it, so
 * that a large record passes.
 */
static bool over_share(struct customer_entry *c, size_t bytes)
{
    uint64_t now = atomic_load(&c->run->unacked);
    if (now == 0) {
        return false; /* the limit of all records applies, net/sink_budget.h */
    }
    bool partition_full = now >= c->partition_bytes || bytes > c->partition_bytes - now;
    return partition_full ||
           !share_allows(c->all->queue_bytes, atomic_load(&c->all->unacked), now, bytes);
}

/* A waiting lane is woken when a third of its limit is free. */
static bool worth_waking(struct customer_entry *c, uint64_t left)
{
    uint64_t used = atomic_load(&c->all->unacked);
    uint64_t free = used < c->all->queue_bytes ? c->all->queue_bytes - used : 0;
    uint64_t most = free < c->partition_bytes ? free : c->partition_bytes;
    return left <= most - most / SHARE_ROOM;
}

/*
 * The acknowledged bytes that a waiting lane saw last, and when: of its customer, and of all
 * customers.
 */
struct progress {
    uint64_t mine, all;
    int64_t mine_ms, all_ms;
};

/* True: no record of this customer was acknowledged for a long time, and Kafka is reachable. */
static bool left_behind(struct progress *p, struct customer_entry *c)
{
    int64_t now = clock_mono_ms(c->all->parts.clock);
    uint64_t mine = atomic_load(&c->run->unacked);
    uint64_t all = atomic_load(&c->all->acks);
    bool quiet = now - p->all_ms > SHARE_QUIET_MS;
    bool others_again = all != p->all && quiet;
    bool for_all = customers_count(c->all) == 1 || !sink_reached(c->all->parts.sink);
    if (mine != p->mine || others_again || for_all) {
        p->mine = mine;
        p->mine_ms = now;
    }
    if (all != p->all) {
        p->all = all;
        p->all_ms = now;
    }
    return now - p->mine_ms > (quiet ? SHARE_ALONE_MS : SHARE_WAIT_MS);
}

static enum err_kind wait_for_share(struct customer_entry *c, size_t bytes, struct err *e)
{
    enum err_kind kind = FAIL_NONE;
    int64_t now = clock_mono_ms(c->all->parts.clock);
    struct progress seen = {atomic_load(&c->run->unacked), atomic_load(&c->all->acks), now, now};
    mutex_lock(&c->run->shared.lock);
    (void)atomic_fetch_add(&c->run->waiting_lanes, 1);
    while (over_share(c, bytes)) {
        if (atomic_load(&c->all->stopped)) {
            kind = err_set(e, FAIL_STOPPED, "kafka: the worker is stopping");
            break;
        }
        if (left_behind(&seen, c)) {
            kind = err_set(e, FAIL_AGAIN,
                           "kafka: no record of this customer was acknowledged for %d s or more",
                           SHARE_WAIT_MS / 1000);
            break;
        }
        atomic_store(&c->run->asleep, true);
        if (!over_share(c, bytes)) {
            break; /* acknowledged before the check */
        }
        (void)cond_wait_ms(&c->run->shared.acknowledged, &c->run->shared.lock, SHARE_LOOK_MS);
    }
    (void)atomic_fetch_sub(&c->run->waiting_lanes, 1);
    mutex_unlock(&c->run->shared.lock);
    return kind;
}

static void add_unacked(struct customer_entry *c, size_t bytes)
{
    (void)atomic_fetch_add_explicit(&c->run->unacked, bytes, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&c->all->unacked, bytes, memory_order_relaxed);
}

bool customer_try_reserve(struct customer *customer, size_t bytes)
{
    struct customer_entry *c = entry_of(customer);
    bool allowed = !over_share(c, bytes);
    if (allowed) {
        add_unacked(c, bytes);
    }
    return allowed;
}

enum err_kind customer_reserve(struct customer *customer, size_t bytes, struct pulse *pulse,
                               struct err *e)
{
    struct customer_entry *c = entry_of(customer);
    if (over_share(c, bytes)) {
        if (pulse != NULL) {
            pulse_set(pulse, PULSE_WAIT, clock_mono_ms(c->all->parts.clock));
        }
        enum err_kind kind = wait_for_share(c, bytes, e);
        if (pulse != NULL) {
            pulse_set(pulse, PULSE_WORK, clock_mono_ms(c->all->parts.clock));
        }
        if (kind != FAIL_NONE) {
            return kind;
        }
    }
    add_unacked(c, bytes);
    return FAIL_NONE;
}

void customer_unreserve(struct customer *customer, size_t bytes)
{
    (void)atomic_fetch_add_explicit(&entry_of(customer)->all->acks, 1, memory_order_relaxed);
    customer_take_back(customer, bytes);
}

void customer_take_back(struct customer *customer, size_t bytes)
{
    struct customer_entry *c = entry_of(customer);
    uint64_t left = atomic_fetch_sub(&c->run->unacked, bytes) - bytes;
    (void)atomic_fetch_sub_explicit(&c->all->unacked, bytes, memory_order_relaxed);
    if (atomic_load(&c->run->asleep) && worth_waking(c, left) &&
        atomic_exchange(&c->run->asleep, false)) {
        mutex_lock(&c->run->shared.lock);
        cond_broadcast(&c->run->shared.acknowledged);
        mutex_unlock(&c->run->shared.lock);
    }
}
