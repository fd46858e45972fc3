/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares.h - the simulator of shares: the worker's own inbox, turns and lease book, with fibers as
 * lanes, polls and ackers, and customers that send more than their share.
 *
 * Checked:
 * - No message waits longer than the bound in the inbox while its class is below its share of the
 *   lanes: it has none, or one more is at most an (n + 1)-th part of the lanes for heavy classes,
 *   where n classes have messages that wait or lanes.
 * - No message waits longer than the second bound while its class has no lane, and no object of it
 *   was long so far: it is a new class, or one of short objects.
 * - No message is put back twice.
 * - A queue of one class without a message in flight is polled within RECEIVED_MOST_US after a
 *   message is visible, whatever others hold (shares_leases.h).
 * - No lease is lost, in the book or at the queue.
 * - Never more than one lane on a core.
 * - No core without work for UNUSED_MOST_US while lanes wait for one and none gets one.
 * - All messages are deleted at the end.
 *
 * The bound. K classes with messages, N lanes, C cores; an object has B buffers that each arrive
 * after S and take W of CPU time, in blocks of at most b; L is the longest time that a lane has one
 * object.
 *
 * 1. While a message of a class below its share waits, no lane is free that it may have; else a
 *    sleeping lane would have been woken (inbox.h). If the class has lanes, others have more than
 *    their share, and get no further ones until they have not.
 * 2. Each time a lane ends, the next class in turn that may take one does. A class that takes moves
 *    to the end of the turns, behind the waiting one; a class that is passed over keeps its place.
 *    So each other class takes at most once before it: K - 1 times.
 * 3. Within L each lane ends. So at least one of these K - 1 takes, or that of the waiting class
 *    itself, comes in each L: it waits K * L at most, plus the time of a switch between fibers,
 *    which is 0 here.
 * 4. L: the cores go to the class with the least time, and a class has at most a half of the lanes
 *    (base/share.h). While a lane wants a core, the others use C. Its class gets at least a K-th of
 *    this, but for a turn and a block of each lane, and shares it among at most N / 2 lanes. After
 *    each buffer it may wait for Kafka, for k: L <= B * (S + k + K * (N / 2) * (W + TURN_US + b +
 * PAUSED_US + 1 ms) / C), where 1 ms is the interval at which an unused core is searched.
 * 5. New classes take while heavy ones may not; each does at most once before it is not new, and
 *    has its lane for D at most then. So it waits K * (L + D).
 *
 * The second bound, of a class that is not heavy, with N > 1 lanes (flow/inbox_lanes.c):
 *
 * 6. D is the longest time that a lane on trial or a late one is kept while others wait for it:
 * until HEAVY_MS of its own, and the next look. Its waits for cores and for Kafka (k) are not its
 * own time: D = HEAVY_MS + LOOK_MS + B * (k + K * N * (W + TURN_US + b + PAUSED_US + 1 ms) / C).
 * 7. At most heavy_lanes lanes are heavy and neither on trial nor late, and these are fewer than N.
 *    So while the message waits, at least one lane ends or is taken back in each D: of all lanes,
 *    if all are at work; of those on trial, if they are all that a new class may have.
 * 8. As in 2., each other class takes at most once before it: it waits K * D. A class that Kafka
 * held up is tried again after all new ones, and each class is a new one once more: 2 * K * D, and
 * 2 * K * (L + D) in 5.
 *
 * Neither depends on how long objects are: with one class whose objects never end the first bound
 * is infinite, and the second one is not.
 */
#ifndef TESTS_SHARES_H
#define TESTS_SHARES_H

#include "base/base.h"

/* Defects that are injected to verify that the checks find them. */
enum shares_bug {
    SHARES_BUG_NONE,
    SHARES_BUG_LOST_SIGNAL,     /* some wake-ups wake no lane */
    SHARES_BUG_LANE_STAYS_BUSY, /* the end of an object is not reported */
    SHARES_BUG_NOT_TOLD,        /* a poll that was refused a slot does not hear of a free one */
    SHARES_BUG_SLOT_STAYS,      /* the slots of an empty poll are not returned */
    SHARES_BUG_KEEPS_CORE,      /* a lane keeps its core for a time after an object */
    SHARES_BUG_NO_PAUSE,        /* a lane keeps its core while it waits for bytes */
    SHARES_BUG_TWO_ON_A_CORE,   /* a lane works without a turn */
    SHARES_BUG_REFUSED_IS_LOST, /* what is above the share is not returned to the queue */
    SHARES_BUG_NO_HEARTBEATS,   /* the leases are not extended */
    SHARES_BUG_ALL_ARE_HELD,    /* one class may hold all messages */
    SHARES_BUG_HOLD_STAYS,      /* a message whose lease is over still counts for its class */
    SHARES_BUG_KEEPS_LANE,      /* a lane goes on when the inbox wants its message back */
    SHARES_BUGS
};
extern const char *const shares_bug_names[SHARES_BUGS];

/* Run one schedule. NULL, or what was violated. */
const char *shares_run(uint64_t seed, enum shares_bug bug, bool trace);

#endif
