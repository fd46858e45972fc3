/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_read.h - reads what an ops event says of an object (docs/ops-events.md).
 *
 *     struct ops_seen seen;
 *     if (ops_read(record.value, &seen)) ... seen.what, seen.key ...
 *     ops_seen_done(&seen);
 *
 * Threads: no state.
 */
#ifndef OPS_OPS_READ_H
#define OPS_OPS_READ_H

#include "base/buf.h"
#include "codec/control.h"

enum ops_what {
    OPS_SAW_READ,     /* everything of it is delivered */
    OPS_SAW_ACCEPTED, /* it was not read, which the customer accepts */
    OPS_SAW_LATER,    /* its message is received again after a delay */
    OPS_SAW_LEFT      /* ... or stays for the dead-letter queue */
};

struct ops_seen {
    enum ops_what what;
    struct span customer, bucket, key, etag, queue; /* "" if the event does not say it */
    struct span version;
    int64_t lag_ms;      /* -1: not known */
    struct control *doc; /* private: owns the texts */
};

/* False: it is no event about an object, or not readable; nothing has to be freed. */
MUST_USE bool ops_read(struct span text, struct ops_seen *out);
void ops_seen_done(struct ops_seen *s);

#endif
