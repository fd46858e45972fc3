/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mismatch.h - differences between a notification and the configuration of its customer: region,
 * owner of the bucket, versions. The configuration is used. The difference is logged once, and
 * named in an error that it may have caused.
 *
 * Threads: any.
 */
#ifndef FLOW_MISMATCH_H
#define FLOW_MISMATCH_H

#include "codec/notification.h"
#include "customers/customers.h"
#include "settle/outcome.h"

/* Log the differences, each once for a customer's role and bucket. */
void mismatch_warn(const struct notification_record *record, struct customer *c);

/* If the notification names another owner of the bucket, add that to a denial of the object. */
void mismatch_explain(const struct notification_record *record, const struct customer *c,
                      enum outcome_subject subject, struct err *e);

#endif
