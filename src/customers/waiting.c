/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waiting.c - two changes of a list for each object, none for a record: an object stays listed
 * while its records come and go, and whether one is pending is read when the list is.
 */
#include "customers/waiting.h"

#include "base/lock.h"
#include "customers_priv.h"

void waiting_add(struct customer *c, struct waiting *w, int64_t now_ms)
{
    struct customer_run *run = entry_of(c)->run;
    mutex_lock(&run->waiting.lock);
    w->listed = true;
    w->since_ms = now_ms;
    w->next = NULL;
    w->before = run->waiting.newest;
    *(w->before != NULL ? &w->before->next : &run->waiting.oldest) = w;
    run->waiting.newest = w;
    mutex_unlock(&run->waiting.lock);
}

void waiting_remove(struct customer *c, struct waiting *w)
{
    if (!w->listed) {
        return;
    }
    struct customer_run *run = entry_of(c)->run;
    mutex_lock(&run->waiting.lock);
    *(w->before != NULL ? &w->before->next : &run->waiting.oldest) = w->next;
    *(w->next != NULL ? &w->next->before : &run->waiting.newest) = w->before;
    w->listed = false;
    mutex_unlock(&run->waiting.lock);
}

/* The lane counts as one until it has read the object. */
static bool has_records(const struct waiting *w)
{
    return atomic_load(w->pending) > (atomic_load(&w->read) ? 0 : 1);
}

static void take_oldest(struct waiting_report *out, const struct customer *c,
                        const struct waiting *w)
{
    out->since_ms = w->since_ms;
    err_copy(out->customer, sizeof(out->customer), c->id);
    err_copy(out->object, sizeof(out->object), span_str(w->object));
}

static void add_customer(struct customer *c, struct waiting_report *out)
{
    struct customer_run *run = entry_of(c)->run;
    mutex_lock(&run->waiting.lock);
    for (const struct waiting *w = run->waiting.oldest; w != NULL; w = w->next) {
        if (!has_records(w)) {
            continue;
        }
        if (out->count == 0 || w->since_ms < out->since_ms) {
            take_oldest(out, c, w);
        }
        out->count++;
    }
    mutex_unlock(&run->waiting.lock);
}

void waiting_of_customer(struct customer *c, struct waiting_report *out)
{
    *out = (struct waiting_report){.count = 0};
    add_customer(c, out);
}

void waiting_of_all(struct customers *all, struct waiting_report *out)
{
    *out = (struct waiting_report){.count = 0};
    for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) {
        add_customer(c, out);
    }
}
