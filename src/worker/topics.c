/* SPDX-License-Identifier: Apache-2.0 */
/* topics.c - whether the topics can be used, and how large their messages may be. */
#include "worker_priv.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum { TOPIC_CHECK_MS = 3000 };

bool worker_check_topic(struct worker *w, const char *name, const char *customer)
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
                  KV_STR("next", "the topics are not checked; records wait until a broker "
                                 "answers"));
        return false;
    }
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool is_checked(const struct topic_check *check, const char *id)
{
    return check->ids == NULL || bsearch(&id, check->ids, check->id_count, sizeof(id), by_text);
}

/* Without permission nothing is known. */
static void describe(struct worker *w, const char *topic, bool answers,
                     struct sink_topic_facts *out)
{
    *out = (struct sink_topic_facts){.max_bytes = 0};
    if (answers) {
        (void)!sink_topic_describe(w->sink, topic, TOPIC_CHECK_MS, out, NULL);
    }
}

void worker_check_topics(struct worker *w, const struct topic_check *check)
{
    const char *before = "";
    int64_t end = clock_mono_ms(&clock_system) + check->most_ms;
    bool more = true;
    struct sink_topic_facts facts = {.max_bytes = 0}; /* of the topic `before` */
    struct customer *c = NULL;
    while (more && (c = customers_next(w->customers, c)) != NULL) {
        if (!is_checked(check, c->conf->id)) {
            continue;
        }
        for (size_t s = 0; s < STREAMS && more; s++) {
            if (strcmp(c->topic_names[s], before) != 0) {
                before = c->topic_names[s];
                more = worker_check_topic(w, before, c->conf->id);
                describe(w, before, more, &facts);
            }
            if (facts.max_bytes != 0) {
                customer_topic_takes(c, facts.max_bytes);
            }
            customer_topic_is(c, before, &facts);
            more = more && (check->most_ms == 0 || clock_mono_ms(&clock_system) < end);
        }
    }
    customer_release(c);
}
