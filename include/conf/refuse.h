/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse.h - checks the form of texts. Each function returns the reason why a text is refused ("is
 * not an account id (12 digits)"), or NULL if it is valid.
 */
#ifndef CONF_REFUSE_H
#define CONF_REFUSE_H

const char *refuse_name(const char *text);        /* a-z A-Z 0-9 . _ -, at most 80 */
const char *refuse_customer_id(const char *text); /* kafka-contract.md §2 */
const char *refuse_region(const char *text);
const char *refuse_account(const char *text);
const char *refuse_bucket(const char *text); /* S3's naming rules */
const char *refuse_role(const char *text);   /* ARN of an IAM role */
const char *refuse_sender(const char *text); /* ARN of a topic of SNS, a rule or a role */
const char *refuse_kms_key(const char *text);
const char *refuse_access_point(const char *text); /* ARN of an access point of one region */
const char *refuse_external_id(const char *text);  /* STS: 2-1224 of A-Za-z0-9_+=,.@:/- */
const char *refuse_session_name(const char *text); /* STS: 2-64 of A-Za-z0-9_+=,.@- */
const char *refuse_url(const char *text);          /* http or https, with a host, without a path */
const char *refuse_s3_url(const char *text);    /* as refuse_url; the host may contain {bucket} */
const char *refuse_queue_url(const char *text); /* http or https, with a host and a path */
const char *refuse_topic(const char *text);     /* Kafka's rules for topic names */
const char *refuse_address(const char *text);   /* http or https, with a host; a path, a query */
const char *refuse_listen(const char *text);    /* HOST:PORT, as in net/listener.h */
const char *refuse_socket(const char *text);    /* an absolute path, as in net/unix_socket.h */

/* Part `index` of an ARN (0: "arn"). "": there is no such part. */
#include "base/span.h"
struct span arn_part(const char *arn, int index);

#endif
