/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sizes.h - fixed limits of the running parts, for the memory plan. They are here and not in the
 * headers of the parts, so that the plan does not include these.
 */
#ifndef CONF_SIZES_H
#define CONF_SIZES_H

enum {
    INBOX_BYTES = 4 * 1024 * 1024, /* waiting bodies; above it no queue is polled */
    INBOX_SMALL_BYTES = 16 * 1024, /* a body up to it needs no room (flow/inbox.h) */
    INBOX_ROOMS_MIN = 8,           /* rooms for larger bodies: one for each lane, and at least 8 */
    MESSAGES_HELD_MAX = 4096, /* maximum of messages held, including those with pending records */
    SEARCHES_MAX = 8, /* additional receives in progress; shared by queues: one gets a half */

    OPS_QUEUE_BYTES = 4 * 1024 * 1024, /* ops events that are not acknowledged */

    FAILED_OBJECTS_BYTES = 4 * 1024 * 1024, /* remembered failed objects of all customers */

    /* Maximum of a page of /metrics, of /healthz and of the page for people. */
    PAGE_FIXED_BYTES = 64 * 1024,
    PAGE_CUSTOMER_BYTES = 16 * 1024, /* at most 60 series of 300 bytes, an id of 40 bytes */
    PAGE_QUEUE_BYTES = 8 * 1024,
    PAGE_THREAD_BYTES = 128, /* one line of /healthz */

    /* Maximum of the monitor's snapshot. */
    SNAPSHOT_CUSTOMER_BYTES = 2112,
    SNAPSHOT_QUEUE_BYTES = 256,
    HISTORY_CUSTOMER_BYTES = 512, /* its last hour */

    TAPS_BYTES = 6 * 1024 * 1024, /* all taps of ops/tap.h, and what one of them returns */
};

#endif
