/* SPDX-License-Identifier: Apache-2.0 */
/* Sets values that are derived from others, after all have been read. */
#include "load_priv.h"

#include "codec/endpoint.h"
#include "codec/url.h"
#include "conf/prefix.h"
#include "conf/refuse.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { LANES_PER_CPU = 8, MAX_LANES = 1024, STALLED_MS = 300 * 1000, IDLE_TIMES = 10 };
enum { POINTER_BYTES = sizeof(void *) };

/* Number of CPUs that this process may run on. */
static int cpu_count(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > 0 ? n : 1;
}

static char *copy_or_null(const char *text)
{
    return text != NULL ? conf_copy(span_str(text)) : NULL;
}

static void queue_finish(struct conf_reader *r, struct queue_conf *q, const config_setting_t *at)
{
    if (q->heartbeat_s == 0) {
        q->heartbeat_s = q->visibility_s / 3;
    }
    struct url u;
    for (size_t n = q->url != NULL ? strlen(q->url) : 0; n > 0 && q->url[n - 1] == '/'; n--) {
        q->url[n - 1] = '\0'; /* they belong to no queue's URL */
    }
    if (q->region != NULL || q->url == NULL || !url_split(span_str(q->url), &u)) {
        return;
    }
    struct span told = endpoint_sqs_region(u.host);
    if (told.n > 0) {
        q->region = conf_copy(told);
    } else if (r->conf->aws.endpoint_sqs != NULL || url_is_loopback(&u)) { /* an emulator */
        q->region = copy_or_null(r->conf->aws.region);
    } else {
        conf_error(r, at,
                   "queue %s.region: is missing, since the host of its URL does not tell a region",
                   q->name != NULL ? q->name : "");
    }
}

/* "s3://bucket/a/b/" becomes bucket and "a/b"; "/a/b/" becomes "a/b". */
static void prefix_finish(struct conf_reader *r, struct customer_conf *c,
                          const config_setting_t *at)
{
    struct prefix_parts p = prefix_split(span_str(c->prefix));
    if (p.bucket.n > 0 && c->bucket == NULL) {
        c->bucket = conf_copy(p.bucket);
        if (refuse_bucket(c->bucket) != NULL) {
            conf_error(r, at, "customer %s.prefix: its bucket %s", c->id, refuse_bucket(c->bucket));
        }
    } else if (p.bucket.n > 0 && !span_eq(p.bucket, span_str(c->bucket))) {
        conf_error(r, at, "customer %s.prefix: names another bucket than %s", c->id, c->bucket);
    }
    const char *why = prefix_refuse(p.path);
    const char *doubt = prefix_doubt(p.path);
    if (why != NULL) {
        conf_error(r, at, "customer %s.prefix: %s", c->id, why);
    } else if (doubt != NULL) {
        conf_warn(r, at, "customer %s.prefix: %s", c->id, doubt);
    } else if (p.bucket.n == 0 && prefix_has_bucket(p.path, c->bucket)) {
        conf_warn(
            r, at,
            "customer %s.prefix: begins with the bucket's name, which is not a part of keys; if "
            "its keys do begin so, write s3://%s/%.*s",
            c->id, c->bucket, (int)p.path.n, p.path.p);
    }
    char *bare = conf_copy(p.path);
    free(c->prefix);
    c->prefix = bare;
}

/* Queues sorted by name; of those with the same name the first is the first one of the file. */
struct named_queues {
    struct queue_conf **list;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    const struct queue_conf *const *x = a;
    const struct queue_conf *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static void sort_queues(struct conf *c, struct named_queues *out)
{
    *out = (struct named_queues){.list = conf_alloc(c->queue_count + 1, POINTER_BYTES)};
    for (size_t i = 0; i < c->queue_count; i++) {
        if (c->queues[i].name != NULL) {
            out->list[out->count++] = &c->queues[i];
        }
    }
    if (out->count != 0) {
        qsort(out->list, out->count, POINTER_BYTES, by_name);
    }
}

/* The first queue of this name; NULL: there is none. */
static struct queue_conf *find_queue(const struct named_queues *all, const char *name)
{
    size_t from = 0;
    size_t to = all->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(all->list[middle]->name, name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < all->count && strcmp(all->list[from]->name, name) == 0 ? all->list[from] : NULL;
}

static void customer_finish(struct conf_reader *r, struct customer_conf *c,
                            const config_setting_t *group, const struct named_queues *queues)
{
    if (c->region == NULL) {
        c->region = copy_or_null(r->conf->aws.region);
    }
    if (c->session_name == NULL && c->id != NULL) {
        char name[64 + 1];
        (void)snprintf(name, sizeof(name), "asymptote-ingest-%s", c->id);
        c->session_name = conf_copy(span_str(name));
    }
    if (c->topic == NULL) {
        c->topic = copy_or_null(r->conf->kafka.topic);
    }
    if (config_setting_get_member(group, "session_policy") == NULL) {
        c->session_policy = c->kms_key_arn != NULL ? SESSION_POLICY_FULL : SESSION_POLICY_NO_KMS;
    }
    if (c->prefix != NULL && c->id != NULL) {
        prefix_finish(r, c, conf_at(group, "prefix"));
    }
    conf_make_rules(r, group, c);
    struct queue_conf *q = c->queue_name != NULL ? find_queue(queues, c->queue_name) : NULL;
    if (q != NULL) {
        c->queue = q;
        q->customer_count++;
    }
}

/*
 * A server that does not answer is tried five times, each for idle_timeout, before a lane ends its
 * attempt.
 */
static void metrics_finish(struct conf *c)
{
    int patience = c->limits.idle_timeout_ms * IDLE_TIMES;
    if (c->metrics.stalled_after_ms == 0) {
        c->metrics.stalled_after_ms = patience > STALLED_MS ? patience : STALLED_MS;
    }
}

void conf_finish(struct conf_reader *r)
{
    struct conf *c = r->conf;
    if (c->limits.lanes == 0) {
        int lanes = cpu_count() * LANES_PER_CPU;
        c->limits.lanes = lanes < MAX_LANES ? lanes : MAX_LANES;
    }
    if (c->limits.cores == 0) {
        c->limits.cores = cpu_count();
    }
    metrics_finish(c);
    for (size_t i = 0; i < c->queue_count; i++) {
        queue_finish(r, &c->queues[i], r->queue_at[i]);
    }
    struct named_queues queues;
    sort_queues(c, &queues);
    for (size_t i = 0; i < c->customer_count; i++) {
        customer_finish(r, &c->customers[i], r->customer_at[i], &queues);
    }
    free(queues.list);
}
