/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expected.h - how often and how much a customer writes, as people say it:
 *
 *     every 5 minutes, 5m, hourly, every hour, daily, 1d           a cadence
 *     2 GB/day, 2GB, 1.5 GB per day, 80 MiB/hour                   a volume; without a time: of a
 * day
 *
 * Pure. Threads: no state.
 */
#ifndef ONBOARD_EXPECTED_H
#define ONBOARD_EXPECTED_H

#include "base/buf.h"

/* False: it is not such a text, or not between 1 s and 31 days. */
MUST_USE bool expected_cadence(const char *text, int64_t *ms);

/* Bytes of a day. False: it is not such a text, or more than 1 EB. */
MUST_USE bool expected_volume(const char *text, int64_t *bytes);

/* Append the value of the customer's entry: "5m", with quotes. The text was not refused. */
void expected_write(bool cadence, const char *text, struct buf *out);

#endif
