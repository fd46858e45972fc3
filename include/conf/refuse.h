/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse.h - texts that must have a form. Each function answers why not ("is not an
 * account id (12 digits)"), or NULL if the text is fine.
 */
#ifndef CONF_REFUSE_H
#define CONF_REFUSE_H

const char *refuse_name(const char *text);        /* a-z A-Z 0-9 . _ -, at most 80 */
const char *refuse_customer_id(const char *text); /* kafka-contract.md §2 */
const char *refuse_region(const char *text);
const char *refuse_account(const char *text);
const char *refuse_bucket(const char *text); /* S3's naming rules */
const char *refuse_role(const char *text);   /* ARN of an IAM role */
const char *refuse_kms_key(const char *text);
const char *refuse_external_id(const char *text); /* STS: 2-1224 of A-Za-z0-9_+=,.@:/- */
const char *refuse_url(const char *text);         /* http or https, host, no path */
const char *refuse_s3_url(const char *text);      /* the same, maybe with {bucket} in the host */
const char *refuse_queue_url(const char *text);   /* http or https, host, path */
const char *refuse_topic(const char *text);       /* Kafka's rules for names */
const char *refuse_listen(const char *text);      /* HOST:PORT, as net/listener.h takes it */

/* Part `index` (0: "arn") of an ARN, "" if there are not so many. */
#include "base/span.h"
struct span arn_part(const char *arn, int index);

#endif
