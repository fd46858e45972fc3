/* SPDX-License-Identifier: Apache-2.0 */
/* topics.c - whether the topics can be used, and how large their messages may be. */
#include "worker_priv.h"

#include "base/alloc.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum { TOPIC_CHECK_MS = 3000 };

static void log_unusable(const char *name, const char *customer, const struct err *e)
{
    log_write(LOG_ERROR, "topic cannot be used", KV_STR("topic", name),
              KV_SET("customer", customer), KV_ERR(e),
              KV_STR("next", "the customers of this topic are paused; create the topic or "
                             "allow the worker to write to it"));
}

static void log_no_answer(const char *name, const struct err *e)
{
    log_write(LOG_WARN, "kafka does not answer", KV_STR("topic", name), KV_ERR(e),
              KV_STR("next", "the topics are not checked; records wait until a broker answers"));
}

bool worker_check_topic(struct worker *w, const char *name, const char *customer)
{
    struct err e = {.kind = FAIL_NONE};
    switch ((int)sink_topic_check(w->sink, name, TOPIC_CHECK_MS, &e)) {
    case FAIL_NONE:
        return true;
    case FAIL_CONFIG:
    case FAIL_DENIED:
        log_unusable(name, customer, &e);
        return true;
    default:
        log_no_answer(name, &e);
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

/* The topics of some customers, each once. */
struct topics {
    struct sink_topic_answer *list; /* with the names of ... */
    struct customer **customers;    /* ... their first customers, with a reference */
    size_t count;
    struct text_index numbers;
};

static void add_topic(struct topics *t, struct customer *c, const char *name)
{
    if (text_index_find(&t->numbers, span_str(name)) != TEXT_INDEX_NONE) {
        return;
    }
    t->list = mem_grow(t->list, t->count + 1, sizeof(*t->list));
    t->customers =
        (struct customer **)mem_grow((void *)t->customers, t->count + 1, sizeof(struct customer *));
    t->list[t->count] = (struct sink_topic_answer){.name = name};
    t->customers[t->count] = customer_hold(c);
    text_index_add(&t->numbers, span_str(name), t->count++);
}

static void topics_done(struct topics *t)
{
    for (size_t i = 0; i < t->count; i++) {
        customer_release(t->customers[i]);
    }
    free(t->list);
    free((void *)t->customers);
    text_index_done(&t->numbers);
}

/* Ask the brokers, and log what cannot be used. False: they do not answer. */
static bool ask_topics(struct worker *w, struct topics *t, int most_ms)
{
    struct err e = {.kind = FAIL_NONE};
    if (sink_topics_ask(w->sink, t->list, t->count, TOPIC_CHECK_MS, most_ms, &e) != FAIL_NONE) {
        log_no_answer(t->list[0].name, &e);
        return false;
    }
    for (size_t i = 0; i < t->count; i++) {
        enum err_kind kind = sink_topic_answer_err(&t->list[i], &e);
        if (kind == FAIL_CONFIG || kind == FAIL_DENIED) {
            log_unusable(t->list[i].name, t->customers[i]->conf->id, &e);
        } else if (kind != FAIL_NONE) {
            log_no_answer(t->list[i].name, &e);
        }
    }
    return true;
}

/* Of a topic that cannot be described nothing is known. */
static void set_limits(struct customer *c, const struct topics *t)
{
    for (size_t s = 0; s < STREAMS; s++) {
        size_t number = text_index_find(&t->numbers, span_str(c->topic_names[s]));
        if (number != TEXT_INDEX_NONE) {
            const struct sink_topic_facts *facts = &t->list[number].facts;
            if (facts->max_bytes != 0) {
                customer_topic_takes(c, facts->max_bytes);
            }
            customer_topic_is(c, c->topic_names[s], facts);
        }
    }
}

void worker_check_topics(struct worker *w, const struct topic_check *check)
{
    struct topics t = {.numbers = TEXT_INDEX_INIT};
    for (struct customer *c = NULL; (c = customers_next(w->customers, c)) != NULL;) {
        for (size_t s = 0; s < STREAMS && is_checked(check, c->conf->id); s++) {
            add_topic(&t, c, c->topic_names[s]);
        }
    }
    if (t.count != 0 && ask_topics(w, &t, check->most_ms)) {
        for (struct customer *c = NULL; (c = customers_next(w->customers, c)) != NULL;) {
            if (is_checked(check, c->conf->id)) {
                set_limits(c, &t);
            }
        }
    }
    topics_done(&t);
}
