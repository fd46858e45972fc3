/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks before the start, which are logged. They wait for AWS and Kafka, each for some seconds at
 * most. Only the topics' limits are used later.
 */
#include "worker_priv.h"

#include "base/log.h"

enum { OPS_CHECK_MS = 3000 };

static void check_all_topics(struct worker *w)
{
    if (worker_check_topic(w, w->conf->kafka.rejects_topic, "")) {
        worker_check_topics(w, &(struct topic_check){.ids = NULL});
    }
}

/* Log the AWS identity of the worker, which is needed first when a policy denies access. */
static void log_identity(struct worker *w)
{
    struct err e = {.kind = FAIL_NONE};
    struct sts_identity who;
    if (sts_get_caller_identity(w->sts, w->own, &who, &e) == FAIL_NONE) {
        log_write(LOG_INFO, "identity", KV_STR("arn", who.arn), KV_STR("account", who.account),
                  KV_STR("credentials", creds_source_name(w->own)),
                  KV_SET("endpoint_sts", w->conf->aws.endpoint_sts),
                  KV_SET("endpoint_sqs", w->conf->aws.endpoint_sqs),
                  KV_SET("endpoint_s3", w->conf->aws.endpoint_s3));
    } else {
        log_write(
            LOG_WARN, "identity unknown", KV_STR("credentials", creds_source_name(w->own)),
            KV_SET("endpoint_sts", w->conf->aws.endpoint_sts),
            KV_SET("endpoint_sqs", w->conf->aws.endpoint_sqs),
            KV_SET("endpoint_s3", w->conf->aws.endpoint_s3), KV_ERR(&e),
            KV_STR(
                "next",
                "the worker starts; credentials are requested again with the first call of AWS"));
    }
}

static void check_ops_topic(struct worker *w)
{
    struct err e = {.kind = FAIL_NONE};
    if (w->ops != NULL && ops_check(w->ops, OPS_CHECK_MS, &e) != FAIL_NONE) {
        log_write(LOG_WARN, "ops topic cannot be used", KV_STR("topic", w->conf->kafka.ops_topic),
                  KV_ERR(&e),
                  KV_STR("next", "ops events are dropped, delivery is not affected; create the "
                                 "topic or allow the worker to write to it"));
    }
}

void worker_precheck(struct worker *w)
{
    log_identity(w);
    check_all_topics(w);
    check_ops_topic(w);
}
