/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake_priv.h - shared by intake.c (polls), intake_gate.c (what stops them), intake_messages.c
 * (what becomes of received messages), intake_searches.c (additional receives of a queue),
 * intake_attributes.c (attributes of the queues) and intake_dead.c (their dead-letter queues).
 */
#ifndef SOURCE_INTAKE_PRIV_H
#define SOURCE_INTAKE_PRIV_H

#include "base/lock.h"
#include "base/stable.h"
#include "source/intake.h"
#include "source/pace.h"

enum {
    ATTRIBUTE_POLLERS = 4,
    SHORT_WAIT_S = 1, /* still a long poll, which asks all servers of SQS */
};

/*
 * Conditions that stop the polls of a queue, in addition to delays after failures and a full inbox.
 */
enum gate { GATE_OPEN, GATE_CALLS_FAIL, GATE_PAUSED, GATE_HELD };

/* The dead-letter queue of a queue; of its attribute poller. */
struct dead_letters {
    struct sqs_queue *queue; /* NULL: none is known */
    char arn[SQS_ARN_BYTES];
    int64_t due_ms;
    bool denied;
};

/* The tag of a receive in progress. */
struct receiver {
    struct poll *poll;
    bool search; /* else the poll that has slots */
};

/*
 * A queue. Until attributes_loaded is set, it belongs to its attribute poller; from then on to the
 * intake's thread, except for the members marked as the attribute poller's.
 */
struct poll {
    struct sqs_origin *queue;
    size_t index;
    size_t want;                  /* number of messages that the next poll requests */
    size_t asked;                 /* requested by the current poll; 0: there is none */
    struct receiver receivers[2]; /* of the poll; of all searches */
    size_t searches;              /* in progress */
    bool searching;               /* the last receive had messages of customers over their share */
    bool mixed;                   /* of several customers, at the last poll */
    struct pace pace;
    int64_t not_before_ms;
    unsigned failed; /* consecutive */
    struct rng rng;
    enum gate gate; /* why it is not polled, since gate_ms */
    int64_t gate_ms;
    bool gate_logged;
    struct intake_times applied; /* those that the acker has */
    struct intake_times times;   /* those that it shall have; under the intake's shared.lock */
    atomic_bool removed;
    atomic_bool attributes_loaded; /* or access is denied */
    bool attributes_denied;        /* the attribute poller's */
    int64_t attributes_due_ms;     /* the attribute poller's */
    bool compare;                  /* the attribute poller's: it may be another queue now */
    struct dead_letters dead;      /* the attribute poller's */
    int64_t created_s;             /* the attribute poller's: of the queue; 0: not known */
    struct poll_stats stats;
};

/* A thread that reads the attributes of every ATTRIBUTE_POLLERS-th queue. */
struct attribute_poller {
    struct intake *intake;
    size_t first;
    pthread_t thread;
};

struct intake {
    struct intake_parts parts;
    struct sqs_poller *poller;
    struct stable polls; /* of struct poll */
    pthread_t thread;
    struct attribute_poller attribute_pollers[ATTRIBUTE_POLLERS];
    size_t attribute_poller_count;
    bool started;
    atomic_bool stopping;
    atomic_bool drained;
    atomic_int drain_ms;
    atomic_bool woken;             /* a queue without a receive may have one now */
    int64_t pass_ms, next_pass_ms; /* of start_due: the last pass over all queues, the next */
    size_t searches;               /* in progress, of all queues */
    struct pulse pulse;
    int64_t clock_warned_ms; /* the clock skew that was logged last */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed; /* attribute pollers wait on it */
        uint64_t changes;       /* queues were added, or are polled again */
    } shared;
};

static inline struct poll *poll_of(const struct intake *i, size_t queue)
{
    return stable_at(&i->polls, queue);
}

/* What the queue shall have now. */
struct intake_times poll_times(struct intake *i, const struct poll *p);

/* Whether nothing stops the polls of the queue. only: its customer, if it has one alone. */
enum gate find_gate(const struct intake *i, const struct poll *p, struct customer *only);

/* The number of messages that the next poll may receive, by the share of those in flight. */
size_t may_receive(const struct intake *i, const struct poll *p, struct customer *only);

/* Whether the queue may be polled; logs each change. */
bool gate_is_open(struct intake *i, struct poll *p, struct customer *only, int64_t now);

/* Take the messages of a receive. Returns the number of those that were returned to the queue. */
size_t messages_accept(struct intake *i, const struct receiver *r, const struct sqs_polled *polled);

/* All queues measure the same skew: warn once, and again only when it has changed. */
void messages_warn_of_clock(struct intake *i, const struct poll *p);

/* ---- Searches ---- */

/* Start the searches that the queue may have. */
void searches_start(struct intake *i, struct poll *p);

void search_ended(struct intake *i, struct poll *p);

/* How long a message stays hidden that is returned for a share: at least least_s, unless too many
 * are hidden already. */
int refused_delay_s(struct poll *p, int least_s, int64_t now_ms);

/* A receive ended. returned: the number of its messages that were returned for a share. */
void searches_after(struct poll *p, enum err_kind kind, size_t returned);

/* A request failed: wait before the next one, and note the outage. */
void poll_failed(const struct intake *i, struct poll *p, enum outage_call call,
                 const struct err *e);

/* Count the messages of the dead-letter queue with this ARN, if that is due. "": there is none. */
void dead_letters_read(struct intake *i, struct poll *p, const char *arn);
void dead_letters_done(struct poll *p);

/* Tell the queue's outage which customers it has now, for its lines. */
void poll_name_customers(const struct intake *i, const struct poll *p);

/* Start the attribute pollers, or wait for their end after i->stopping was set. */
void attribute_pollers_start(struct intake *i);
void attribute_pollers_join(struct intake *i);

#endif
