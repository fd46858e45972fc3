/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks before the start, which are logged. They wait for AWS and Kafka, each for some seconds at
 * most. Only the topics' limits are used later.
 */
#include "worker_priv.h"

#include "base/log.h"

#include <string.h>

enum { TOPIC_CHECK_MS = 3000 };

static bool check_topic(struct worker *w, const char *name, const char *customer)
{
    struct err e = {.kind = FAIL_NONE};
    switch ((int)sink_topic_check(w->sink, name, TOPIC_CHECK_MS, &e)) {
    case FAIL_NONE:
        return true;
    case FAIL_CONFIG:
    case FAIL_DENIED:
        log_write(LOG_ERROR, "topic cannot be used", KV_STR("topic", name),
                  KV_SET("customer", customer), KV_ERR(&e),
                  KV_STR("next", "the customers of this topic are paused; create the topic or "
                                 "allow the worker to write to it"));
        return true;
    default:
        log_write(LOG_WARN, "kafka does not answer", KV_STR("topic", name), KV_ERR(&e),
                  KV_STR("next", "the topics are not checked, the worker starts; records wait "
                                 "until a broker answers"));
        return false;
    }
}

static void check_topics(struct worker *w)
{
    const char *before = "";
    bool more = check_topic(w, w->conf->kafka.rejects_topic, "");
    struct customer *c = NULL;
    while (more && (c = customers_next(w->customers, c)) != NULL) {
        for (size_t s = 0; s < STREAMS && more; s++) {
            if (strcmp(c->topic_names[s], before) == 0) {
                continue;
            }
            before = c->topic_names[s];
            more = check_topic(w, before, c->conf->id);
            size_t most = more ? sink_topic_max_bytes(w->sink, before, TOPIC_CHECK_MS) : 0;
            if (most != 0) {
                customer_topic_takes(c, most);
            }
        }
    }
    customer_release(c);
}

/* Log the AWS identity of the worker, which is needed first when a policy denies access. */
static void log_identity(struct worker *w)
{
    struct err e = {.kind = FAIL_NONE};
    struct sts_identity who;
    if (sts_get_caller_identity(w->sts, w->own, &who, &e) == FAIL_NONE) {
        log_write(LOG_INFO, "identity", KV_STR("arn", who.arn), KV_STR("account", who.account),
                  KV_STR("credentials", creds_source_name(w->own)));
    } else {
        log_write(
            LOG_WARN, "identity unknown", KV_STR("credentials", creds_source_name(w->own)),
            KV_ERR(&e),
            KV_STR(
                "next",
                "the worker starts; credentials are requested again with the first call of AWS"));
    }
}

void worker_precheck(struct worker *w)
{
    log_identity(w);
    check_topics(w);
}
