/* SPDX-License-Identifier: Apache-2.0 */
/*
 * returned.h - ops events of objects whose message is returned to its queue before they were tried:
 * their customer is paused, or has its share of the worker.
 *
 * With them the ops topic has an event for each receive of an object, so that a comparison does not
 * take an object for missing while its message is hidden.
 *
 * Threads: the one that has the message.
 */
#ifndef FLOW_RETURNED_H
#define FLOW_RETURNED_H

#include "base/clock.h"
#include "customers/customers.h"
#include "settle/inflight.h"

/* OPS_OBJECT_LATER for one object of the message. */
void returned_object(const struct inflight *m, const struct customer *c,
                     const struct notification_record *record, const struct err *why,
                     const struct clock *clock);

/* The same for each object of the message that would have been read. */
void returned_message(const struct inflight *m, struct customers *all, const struct err *why,
                      const struct clock *clock);

#endif
