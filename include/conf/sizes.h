/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sizes.h - fixed limits of the running parts that the memory plan counts.
 *
 * They stand here, below the parts that keep them, so that the plan needs none of the parts.
 */
#ifndef CONF_SIZES_H
#define CONF_SIZES_H

enum {
    INBOX_BYTES = 4 * 1024 * 1024, /* waiting bodies; above it no queue is polled */
    MESSAGES_HELD_MAX = 4096,      /* messages held at a time, unacknowledged ones included */

    /* Of a page of /metrics and of /healthz, at most. */
    PAGE_FIXED_BYTES = 32 * 1024,
    PAGE_CUSTOMER_BYTES = 16 * 1024, /* 60 series of 300 bytes at most, the id of 40 */
    PAGE_QUEUE_BYTES = 8 * 1024,
    PAGE_THREAD_BYTES = 128, /* a line of /healthz */

    /* Of the monitor's snapshot, at most. */
    SNAPSHOT_CUSTOMER_BYTES = 1024,
    SNAPSHOT_QUEUE_BYTES = 256,
};

#endif
