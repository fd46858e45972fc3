/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.c - a customer may have a quarter of the Kafka queue unacknowledged (all of it if it is the
 * only one), so that one dead topic cannot fill the queue and stop the others. If its key sends all
 * events to one partition, the limit is also what keeps one partition busy: more would only use
 * memory, and librdkafka's thread would not sleep.
 *
 * While Kafka is unreachable, all lanes wait and keep their leases: returning messages would only
 * increase their receive counts. If records of other customers are acknowledged and those of one
 * customer are not, its lanes end their attempts. They also do so, after a much longer time, if
 * brokers are reachable and no record at all is acknowledged: then customers with dead topics may
 * occupy all lanes.
 */
#include "customers_priv.h"

#include "base/lock.h"

enum {
    SHARE_WAIT_MS = 30 * 1000,   /* without an acknowledgement, while others get some */
    SHARE_ALONE_MS = 300 * 1000, /* ... while no customer gets any, */
    SHARE_QUIET_MS = 10 * 1000,  /* which is assumed after this time */
    SHARE_LOOK_MS = 250,
    SHARE_ROOM = 3, /* a waiting lane is woken when 1/SHARE_ROOM is free */
};

/*
 * Whether the record exceeds the share. A customer without unacknowledged bytes may always produce
 * one, however large.
 */
static bool over_share(struct customer_entry *c, size_t bytes)
{
    uint64_t now = atomic_load(&c->run->unacked);
    return now != 0 && (now >= c->share_bytes || bytes > c->share_bytes - now);
}

/* The counts that a waiting lane saw last, and when: of its customer, and of all. */
struct progress {
    uint64_t mine, all;
    int64_t mine_ms, all_ms;
};

/*
 * Whether the lane must stop waiting: no record of this customer was acknowledged for too long,
 * although Kafka is reachable.
 */
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
    (void)atomic_fetch_add(&c->run->waiting, 1);
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
            break; /* acknowledged in the meantime */
        }
        (void)cond_wait_ms(&c->run->shared.acknowledged, &c->run->shared.lock, SHARE_LOOK_MS);
    }
    (void)atomic_fetch_sub(&c->run->waiting, 1);
    mutex_unlock(&c->run->shared.lock);
    return kind;
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
    (void)atomic_fetch_add_explicit(&c->run->unacked, bytes, memory_order_relaxed);
    return FAIL_NONE;
}

void customer_unreserve(struct customer *customer, size_t bytes)
{
    struct customer_entry *c = entry_of(customer);
    uint64_t left = atomic_fetch_sub(&c->run->unacked, bytes) - bytes;
    (void)atomic_fetch_add_explicit(&c->all->acks, 1, memory_order_relaxed);
    bool room = left <= c->share_bytes - c->share_bytes / SHARE_ROOM;
    if (room && atomic_load(&c->run->asleep) && atomic_exchange(&c->run->asleep, false)) {
        mutex_lock(&c->run->shared.lock);
        cond_broadcast(&c->run->shared.acknowledged);
        mutex_unlock(&c->run->shared.lock);
    }
}
