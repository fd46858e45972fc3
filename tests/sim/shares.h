/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares.h - the simulator of shares: the worker's own inbox and turns, with fibers as lanes and
 * polls, and customers that send more than their share.
 *
 * Checked: no message is begun later than the bound after it was put into the inbox, if its class
 * had no lane all this time; never more than one lane on a core; no core without work for long
 * while a lane waits for one; and all messages are done at the end.
 *
 * The bound. K classes, N lanes, C cores; an object takes W of CPU time in blocks of b at most, and
 * waits S for its bytes; L is the longest time that a lane has one object.
 *
 * 1. While the first message of a class without a lane waits, either no lane is free, or the class
 *    is heavy and all lanes for heavy classes are taken (inbox.h: has = 0 may always take one of
 *    what is free; a sleeping lane would have been woken).
 * 2. Each time a lane ends, the next class in turn that may take one does. A class that takes moves
 *    to the end of the turns, behind the waiting one; a class that is passed over keeps its place.
 *    So each other class takes at most once before it, as far as it competes for the same lanes:
 *    K - 1 times.
 * 3. Within L each lane ends. So at least one of these K - 1 takes, or that of the waiting class
 *    itself, comes in each L: it waits K * L at most, plus the time of a switch between fibers,
 *    which is 0 here.
 * 4. L: the cores go to the class with the least time. While a lane wants a core, the others use
 *    C. Its class gets at least a K-th of this, but for a turn and a block of each lane, and shares
 *    it among at most N lanes: L <= S + K * N * (W + TURN_US + b + PAUSED_US + 1 ms) / C, where
 *    1 ms is the interval at which an unused core is searched.
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
    SHARES_BUGS
};
extern const char *const shares_bug_names[SHARES_BUGS];

/* Run one schedule. NULL, or what was violated. */
const char *shares_run(uint64_t seed, enum shares_bug bug, bool trace);

#endif
