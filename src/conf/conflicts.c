/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conflicts.c - what no two queues or customers may share: names, URLs, ids, external ids, prefixes
 * of a bucket. Entries are sorted by it, so that those in conflict are neighbours: the time for
 * 10,000 customers must not grow with their square.
 *
 * Of several entries in conflict, all but the first in the configuration are reported. A value that
 * could not be read is not compared, since its error is reported already.
 */
#include "load_priv.h"

#include "codec/url.h"

#include <stdlib.h>

/* What an entry has: `scope` and `value` are compared as texts, and `at` is its number. */
struct claim {
    const char *scope;
    struct span value;
    size_t at;
};

struct claims {
    struct claim *list;
    size_t count;
};

static void claims_add(struct claims *all, const char *scope, struct span value, size_t at)
{
    all->list = conf_grow(all->list, all->count, sizeof(*all->list));
    all->list[all->count++] = (struct claim){scope, value, at};
}

/* '/' is before all other bytes, so the parts of a prefix directly follow it. */
static int order_of_byte(char c)
{
    return c == '/' ? -1 : (unsigned char)c;
}

static int compare_values(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        if (a.p[i] != b.p[i]) {
            return order_of_byte(a.p[i]) < order_of_byte(b.p[i]) ? -1 : 1;
        }
    }
    return (a.n > b.n) - (a.n < b.n);
}

static int by_value(const void *a, const void *b)
{
    const struct claim *x = a;
    const struct claim *y = b;
    int order = strcmp(x->scope, y->scope);
    order = order != 0 ? order : compare_values(x->value, y->value);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static void claims_sort(struct claims *all)
{
    if (all->count != 0) {
        qsort(all->list, all->count, sizeof(*all->list), by_value);
    }
}

typedef void claim_conflict_fn(struct conf_reader *r, size_t at, size_t first);

/* Report equal claims, and free the list. */
static void report_equal(struct conf_reader *r, struct claims *all, claim_conflict_fn *report)
{
    const struct claim *first = NULL;
    claims_sort(all);
    for (size_t i = 0; i < all->count; i++) {
        const struct claim *c = &all->list[i];
        if (first != NULL && strcmp(first->scope, c->scope) == 0 &&
            span_eq(first->value, c->value)) {
            report(r, c->at, first->at);
        } else {
            first = c;
        }
    }
    free(all->list);
}

/* ---- Queues ---- */

static void report_name(struct conf_reader *r, size_t at, size_t first UNUSED)
{
    conf_error(r, conf_at(r->queue_at[at], "name"), "queue %s: is given twice",
               r->conf->queues[at].name);
}

/* Two queues with one name are reported for it. */
static void report_url(struct conf_reader *r, size_t at, size_t first)
{
    const struct queue_conf *q = &r->conf->queues[at];
    const struct queue_conf *other = &r->conf->queues[first];
    if (strcmp(q->name, other->name) != 0) {
        conf_error(r, conf_at(r->queue_at[at], "url"), "queue %s.url: is that of queue %s too",
                   q->name, other->name);
    }
}

void conf_check_queue_conflicts(struct conf_reader *r)
{
    const struct conf *c = r->conf;
    struct claims names = {0};
    struct claims urls = {0};
    struct buf *identities = conf_alloc(c->queue_count + 1, sizeof(*identities));
    for (size_t i = 0; i < c->queue_count; i++) {
        const struct queue_conf *q = &c->queues[i];
        if (q->name == NULL) {
            continue;
        }
        claims_add(&names, "", span_str(q->name), i);
        size_t room = q->url != NULL ? strlen(q->url) + URL_IDENTITY_BYTES : 0;
        identities[i] = (struct buf)BUF_INIT(room);
        if (q->url != NULL && url_add_identity(&identities[i], span_str(q->url))) {
            claims_add(&urls, "", buf_span(&identities[i]), i);
        }
    }
    report_equal(r, &names, report_name);
    report_equal(r, &urls, report_url);
    for (size_t i = 0; i < c->queue_count; i++) {
        buf_done(&identities[i]);
    }
    free(identities);
}

/* ---- Customers ---- */

static void report_id(struct conf_reader *r, size_t at, size_t first UNUSED)
{
    conf_error(r, conf_at(r->customer_at[at], "id"), "customer %s: is given twice",
               r->conf->customers[at].id);
}

static void report_external_id(struct conf_reader *r, size_t at, size_t first UNUSED)
{
    conf_error(r, conf_at(r->customer_at[at], "external_id"),
               "customer %s.external_id: is that of another customer too",
               r->conf->customers[at].id);
}

/* Whether a key under the prefix `inner` is also under `outer`. */
static bool claim_contains(const struct claim *outer, const struct claim *inner)
{
    size_t n = outer->value.n;
    return strcmp(outer->scope, inner->scope) == 0 && inner->value.n >= n &&
           memcmp(outer->value.p, inner->value.p, n) == 0 &&
           (inner->value.n == n || inner->value.p[n] == '/');
}

/* Note that two overlap: the first customer with which the later one does. */
static void note_overlap(size_t *first_of, size_t a, size_t b)
{
    size_t later = a > b ? a : b;
    size_t earlier = a > b ? b : a;
    first_of[later] = earlier < first_of[later] ? earlier : first_of[later];
}

/*
 * The list is sorted: those before an entry that contain it are on a stack, and those that do not
 * contain it contain none of the following ones.
 */
static void find_overlaps(const struct claims *all, size_t *first_of)
{
    const struct claim **outer = conf_alloc(all->count + 1, sizeof(const struct claim *));
    size_t depth = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct claim *c = &all->list[i];
        while (depth != 0 && !claim_contains(outer[depth - 1], c)) {
            depth--;
        }
        for (size_t k = 0; k < depth; k++) {
            note_overlap(first_of, outer[k]->at, c->at);
        }
        outer[depth++] = c;
    }
    free(outer);
}

static void check_prefixes(struct conf_reader *r)
{
    const struct conf *c = r->conf;
    struct claims prefixes = {0};
    size_t *first_of = conf_alloc(c->customer_count + 1, sizeof(*first_of));
    for (size_t i = 0; i < c->customer_count; i++) {
        const struct customer_conf *one = &c->customers[i];
        first_of[i] = SIZE_MAX;
        if (one->id != NULL && one->bucket != NULL && one->prefix != NULL) {
            claims_add(&prefixes, one->bucket, span_str(one->prefix), i);
        }
    }
    claims_sort(&prefixes);
    find_overlaps(&prefixes, first_of);
    for (size_t i = 0; i < c->customer_count; i++) {
        if (first_of[i] != SIZE_MAX) {
            conf_error(r, conf_at(r->customer_at[i], "prefix"),
                       "customer %s.prefix: overlaps that of customer %s in bucket %s",
                       c->customers[i].id, c->customers[first_of[i]].id, c->customers[i].bucket);
        }
    }
    free(prefixes.list);
    free(first_of);
}

void conf_check_customer_conflicts(struct conf_reader *r)
{
    const struct conf *c = r->conf;
    struct claims ids = {0};
    struct claims external_ids = {0};
    for (size_t i = 0; i < c->customer_count; i++) {
        const struct customer_conf *one = &c->customers[i];
        if (one->id != NULL) {
            claims_add(&ids, "", span_str(one->id), i);
        }
        if (one->id != NULL && one->external_id != NULL) {
            claims_add(&external_ids, "", span_str(one->external_id), i);
        }
    }
    report_equal(r, &ids, report_id);
    check_prefixes(r);
    report_equal(r, &external_ids, report_external_id);
}
