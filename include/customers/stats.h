/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.h - counters: one set for each customer, one for objects without a customer, and those of
 * intake and acker for each queue.
 *
 * Counters only increase, except those marked as levels. /metrics and the log line at shutdown read
 * them at any time.
 *
 *     stats_add(&customer->stats->lines, 1);
 *
 * Threads: any.
 */
#ifndef CUSTOMERS_STATS_H
#define CUSTOMERS_STATS_H

#include "base/err.h"
#include "event/normalize.h"

#include <stdatomic.h>

typedef atomic_uint_fast64_t stats_count;

/*
 * A histogram of times: counts[i] counts times in (stats_lag_bounds_ms[i - 1],
 * stats_lag_bounds_ms[i]], and the last one those above the last bound.
 */
enum { LAG_BOUNDS = 14 };
extern const int64_t stats_lag_bounds_ms[LAG_BOUNDS];
struct lag {
    stats_count counts[LAG_BOUNDS + 1];
    stats_count sum_ms;
};
void lag_add(struct lag *l, int64_t ms); /* not negative */

/* Why an object belongs to no customer; determined by customers/not_ours.h. */
enum not_ours {
    NOT_OURS_BUCKET, /* no customer has the bucket */
    NOT_OURS_QUEUE,  /* customers have it, but not of this queue */
    NOT_OURS_PREFIX, /* customers of this queue have it, with other prefixes */
    NOT_OURS_FORM,   /* a customer's, but not notified directly on a shared queue */
    NOT_OURS_REASONS
};

/* Why a notification record is done without reading an object. */
enum skip_reason {
    SKIP_EVENT,    /* a test event, or another event than a new object */
    SKIP_FOLDER,   /* a folder marker */
    SKIP_IGNORED,  /* by the customer's only and ignore */
    SKIP_REPEATED, /* a record of the same message names the same object; of no customer */
    SKIP_REASONS
};

/* The word of the metric: "other_event", ... */
const char *skip_reason_name(enum skip_reason r);

struct stats {
    stats_count objects_done; /* everything delivered, including rejects */
    stats_count objects_later;
    stats_count objects_left;
    stats_count objects_accepted;   /* not there, which the customer accepts */
    stats_count objects_empty;      /* of objects_done: without a line */
    stats_count objects_put_back;   /* how often one lost its lane, and was read again */
    stats_count errors[FAIL_KINDS]; /* objects by error class, including accepted ones */
    stats_count lines;
    stats_count events; /* given to the sink */
    stats_count rejects[REJECT_REASONS];
    stats_count object_bytes; /* as stored */
    stats_count text_bytes;   /* decompressed */
    stats_count live_bytes;   /* as stored, of objects that are done; not those of a backfill */
    stats_count cpu_us;       /* of lanes, for its objects */
    stats_count records_acked;
    stats_count records_failed; /* delivery reports with an error */
    stats_count ordinals_forgotten;
    stats_count times_from_object; /* events without a usable time in the record */
    stats_count texts_replaced;    /* events of which invalid UTF-8 became U+FFFD */
    stats_count names_duplicate;   /* events of a record with a name twice in an object */
    stats_count members_dropped;   /* events from an envelope with members beside the record */
    stats_count records_skipped;   /* records that hold nothing: no event and no reject */
    stats_count paused;            /* how often the breaker opened */
    stats_count skipped[SKIP_REASONS];
    stats_count not_ours[NOT_OURS_REASONS];
    stats_count unreadable; /* bodies that are not a notification */
    struct lag lag;         /* from SQS's SentTimestamp to the last acknowledgement */
    /* Levels, wall clock; 0: none yet. The last message of the queue is in struct poll_stats. */
    stats_count notified_ms;        /* the last notification record that was the customer's, and
                                       not of a backfill */
    stats_count delivered_ms;       /* the last delivery */
    stats_count undelivered_ms;     /* the first notification since the last delivery; 0: none */
    stats_count lag_ms;             /* a level: the lag of the last delivery */
    stats_count backfill_ms;        /* the last message of a backfill that was taken or delivered */
    stats_count backfill_since_ms;  /* ... the first one, without a pause since then */
    stats_count probed_ms;          /* the last proof that the role requires its external id */
    stats_count reconciled_ms;      /* the last comparison of its bucket that was made */
    stats_count oldest_event_ms;    /* a level: the greatest age of an event when it was produced;
                                       with kafka.timestamp = "event" only; 0: none lately */
    stats_count messages_in_flight; /* a level: those whose first record is the customer's */
};

/* A backfill whose messages stop for longer than this is over. */
enum { BACKFILL_PAUSE_MS = 2 * 60 * 1000 };

/* A message of a backfill was taken or delivered. */
void stats_backfill(struct stats *s, int64_t wall_ms);

/* The result of a receive. */
enum receive_result {
    RECEIVE_MESSAGES,
    RECEIVE_EMPTY,
    RECEIVE_THROTTLED, /* too many requests, or too many messages in flight (OverLimit) */
    RECEIVE_FAILED,
    RECEIVE_RESULTS
};

/* Of a queue, by the intake. Counters and levels come before the flags: stats.c asserts it. */
struct poll_stats {
    stats_count receives[RECEIVE_RESULTS];
    stats_count starved; /* empty ones, although the last attributes had messages: see intake.h */
    stats_count messages;
    stats_count damaged;
    stats_count over_share;         /* returned: their customer had its share of the worker */
    stats_count received_ms;        /* a level: the last message, wall clock; 0: none yet */
    stats_count head_ms;            /* a level: what waits now was sent then or later, wall clock,
                                       by what was received last; 0: not known */
    stats_count hidden;             /* a level: returned because of a share, and not visible yet */
    stats_count visible, in_flight; /* levels, of the queue's last attributes */
    stats_count not_held;           /* a level: of in_flight, those that this worker neither held
                                       nor had returned because of a share */
    stats_count not_held_until_ms;  /* a level, monotonic: until then messages that were hidden
                                       before its first attributes may be among them */
    stats_count dead_letters;       /* a level: messages of its dead-letter queue */
    atomic_bool attributes_known;   /* they were read without an error */
    atomic_bool stopped;            /* not polled: its calls fail, its customers are paused */
    atomic_bool reached;            /* SQS's last response for the queue was not an error */
    atomic_bool dead_known;         /* dead_letters was read without an error */
    atomic_bool blocked;            /* stopped, and another worker would not help */
};

/* Count the result of a receive that ended at wall_ms. True: the queue was empty. */
bool poll_stats_add(struct poll_stats *s, enum err_kind kind, size_t messages, size_t damaged,
                    int64_t wall_ms);

/* Sent times: of the oldest message of a receive, or now, if the queue is empty and none waits. */
void poll_stats_head(struct poll_stats *s, int64_t sent_ms);

/* Of a queue, by the acker; in messages. */
struct lease_stats {
    stats_count extended, deleted, returned;
    stats_count extend_failed, delete_failed, return_failed; /* retried while held */
    stats_count lost;
};

/* Copies for a snapshot. Each counter is read once; the copy as a whole is not of one moment. */
void stats_copy(struct stats *to, const struct stats *from);
void poll_stats_copy(struct poll_stats *to, const struct poll_stats *from);
void lease_stats_copy(struct lease_stats *to, const struct lease_stats *from);

/* Whether a counter is not 0, other than probed_ms and reconciled_ms; of a queue: one about
 * messages, not about receives. */
bool stats_any(const struct stats *s);
bool poll_stats_any(const struct poll_stats *s);
bool lease_stats_any(const struct lease_stats *s);

static inline void stats_add(stats_count *c, uint64_t n)
{
    (void)atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static inline void stats_subtract(stats_count *level, uint64_t n)
{
    (void)atomic_fetch_sub_explicit(level, n, memory_order_relaxed);
}

static inline void stats_set(stats_count *level, uint64_t n)
{
    atomic_store_explicit(level, n, memory_order_relaxed);
}

static inline uint64_t stats_get(const stats_count *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

#endif
