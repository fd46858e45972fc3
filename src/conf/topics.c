/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of kafka-contract.md §2: all topics are known at start, and no customer can choose a
 * topic or a key of another customer.
 */
#include "load_priv.h"

#include "codec/template.h"
#include "conf/refuse.h"

#include <stdlib.h>

/* A topic's template. NULL, and an error: it breaks a rule. */
static struct template *topic_read(struct conf_reader *r, const char *text, const char *what,
                                   const config_setting_t *at)
{
    struct err e = {0};
    OWNED(template)
    struct template *t = template_new(span_str(text), placeholder_names, TOPIC_PLACEHOLDERS, &e);
    if (t == NULL) {
        conf_error(r, at, "%s: %s; a topic may hold {customer} and {stream}", what, e.text);
        return NULL;
    }
    for (size_t i = 0; i + 1 < t->count; i++) {
        if (t->parts[i].name != TEMPLATE_LITERAL && t->parts[i + 1].name != TEMPLATE_LITERAL) {
            conf_error(r, at, "%s: needs a text between two placeholders", what);
            return NULL;
        }
    }
    return take(&t);
}

/*
 * Whether a key that begins with {customer} belongs to that customer only: the text after it must
 * not be a possible part of an id. With "{customer}{session.id}" the customer acme could write keys
 * of acme-x.
 */
static bool key_is_own(const struct template *t)
{
    if (t->parts[0].name != PLACE_CUSTOMER) {
        return false;
    }
    if (t->count == 1) {
        return true;
    }
    return t->parts[1].name == TEMPLATE_LITERAL &&
           strchr("abcdefghijklmnopqrstuvwxyz0123456789-", t->parts[1].literal.p[0]) == NULL;
}

/* A topic name and the customer that writes to it. */
struct topic_use {
    char *name;
    size_t customer;
};

struct topic_uses {
    struct topic_use *list;
    size_t count;
};

static void topic_uses_done(struct topic_uses *u)
{
    for (size_t i = 0; i < u->count; i++) {
        free(u->list[i].name);
    }
    free(u->list);
}

static int by_name(const void *a, const void *b)
{
    const struct topic_use *x = a;
    const struct topic_use *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->customer > y->customer) - (x->customer < y->customer);
}

static bool is_ops_topic(const struct conf *conf, const char *name)
{
    return conf->kafka.ops_topic != NULL && strcmp(conf->kafka.ops_topic, name) == 0;
}

/* Add the topics of a customer; reports names that Kafka refuses. */
static void uses_add(struct conf_reader *r, struct topic_uses *u, const struct template *t,
                     size_t customer)
{
    const struct customer_conf *c = &r->conf->customers[customer];
    const config_setting_t *at = conf_at(r->customer_at[customer], "topic");
    size_t streams = template_uses(t, PLACE_STREAM) ? STREAMS : 1;
    for (size_t s = 0; s < streams; s++) {
        struct span values[TOPIC_PLACEHOLDERS] = {
            [PLACE_CUSTOMER] = span_str(c->id), [PLACE_STREAM] = stream_names[s]};
        struct buf name = BUF_INIT((size_t)TEMPLATE_MAX_BYTES * 64);
        template_expand(t, values, &name);
        const char *why = refuse_topic(name.p);
        if (why != NULL) {
            conf_error(r, at, "customer %s: topic %.300s %s", c->id, name.p, why);
        } else if (r->conf->kafka.rejects_topic != NULL &&
                   strcmp(name.p, r->conf->kafka.rejects_topic) == 0) {
            conf_error(r, at, "customer %s: topic %s is the rejects' topic", c->id, name.p);
        } else if (is_ops_topic(r->conf, name.p)) {
            conf_error(r, at, "customer %s: topic %s is the ops events' topic", c->id, name.p);
        }
        u->list[u->count++] = (struct topic_use){conf_copy(buf_span(&name)), customer};
        buf_done(&name);
    }
}

static void check_shared(struct conf_reader *r, struct topic_uses *u)
{
    qsort(u->list, u->count, sizeof(*u->list), by_name);
    for (size_t i = 1; i < u->count; i++) {
        const struct topic_use *a = &u->list[i - 1];
        const struct topic_use *b = &u->list[i];
        if (a->customer != b->customer && strcmp(a->name, b->name) == 0) {
            conf_error(r, conf_at(r->customer_at[b->customer], "topic"),
                       "customer %s: shares topic %s with customer %s, so kafka.key must begin "
                       "with {customer} and a separator that no id holds",
                       r->conf->customers[b->customer].id, b->name,
                       r->conf->customers[a->customer].id);
        }
    }
}

/* Check the topics of all customers, and that keys separate customers that share a topic. */
static void check_customers(struct conf_reader *r, bool topic_ok, bool own_key)
{
    struct topic_uses uses = {
        .list = conf_alloc(r->conf->customer_count * STREAMS + 1, sizeof(struct topic_use))};
    for (size_t i = 0; i < r->conf->customer_count; i++) {
        const struct customer_conf *c = &r->conf->customers[i];
        bool own_topic = config_setting_get_member(r->customer_at[i], "topic") != NULL;
        if (c->topic == NULL || c->id == NULL || !(own_topic || topic_ok)) {
            continue;
        }
        const config_setting_t *at = conf_at(r->customer_at[i], "topic");
        OWNED(template) struct template *t = topic_read(r, c->topic, "customer topic", at);
        if (t != NULL) {
            uses_add(r, &uses, t, i);
        }
    }
    if (!own_key) {
        check_shared(r, &uses);
    }
    topic_uses_done(&uses);
}

void conf_check_topics(struct conf_reader *r, const config_setting_t *root)
{
    const config_setting_t *kafka = config_setting_get_member(root, "kafka");
    struct conf *c = r->conf;
    struct err e = {0};
    bool own_key = true;
    OWNED(template) struct template *key = NULL;
    OWNED(template) struct template *topic = NULL;
    if (c->kafka.key != NULL) {
        key = template_new(span_str(c->kafka.key), placeholder_names, PLACEHOLDERS, &e);
        own_key = key == NULL || key_is_own(key);
    }
    if (c->kafka.key != NULL && key == NULL) {
        conf_error(r, conf_at(kafka, "key"), "kafka.key: %s", e.text);
    }
    if (c->kafka.topic != NULL) {
        topic = topic_read(r, c->kafka.topic, "kafka.topic", conf_at(kafka, "topic"));
    }
    if (!own_key && topic != NULL && !template_uses(topic, PLACE_CUSTOMER)) {
        conf_error(r, conf_at(kafka, "key"),
                   "kafka.key: must begin with {customer}, and a separator that no id holds, "
                   "unless kafka.topic holds {customer}");
        own_key = true; /* report it once */
    }
    check_customers(r, topic != NULL, own_key);
}
