/* SPDX-License-Identifier: Apache-2.0 */
#include "shares_seen.h"

#include "fibers.h"
#include "flow/inbox.h"

#include <assert.h>
#include <string.h>

enum { AVERAGE_ROUNDS = 4 }; /* ms: the average of a class becomes lower than HEAVY_MS */

struct class_seen {
    size_t waiting, at_work;
    bool wants;       /* one waits, and the class is below its share of the lanes ... */
    int64_t since_us; /* ... since then, and none was begun since */
    bool slow;        /* one of its objects was long */
    bool quick;       /* it is not slow, has no lane, and one waits ... */
    int64_t quick_us; /* ... since then */
};

static struct {
    size_t lanes, count;
    struct seen_bounds bounds;
    void (*fail)(const char *what);
    struct class_seen classes[SEEN_CLASSES];
} all;

double seen_most_of_bound, seen_most_of_quick;

/* As in flow/inbox.c: the lanes for heavy classes, since any class may be one. */
static size_t lanes_for_all(void)
{
    size_t kept = all.lanes / LIGHT_PART > 0 ? all.lanes / LIGHT_PART : 1;
    return all.lanes > kept ? all.lanes - kept : 1;
}

static void see_all(void)
{
    size_t active = 0;
    for (size_t c = 0; c < all.count; c++) {
        active += all.classes[c].waiting + all.classes[c].at_work != 0;
    }
    for (size_t c = 0; c < all.count; c++) {
        struct class_seen *k = &all.classes[c];
        bool below = k->at_work == 0 || (k->at_work + 1) * (active + 1) <= lanes_for_all();
        bool wants = k->waiting != 0 && below;
        k->since_us = wants && !k->wants ? fibers_now_us() : k->since_us;
        k->wants = wants;
        bool quick = k->waiting != 0 && k->at_work == 0 && !k->slow;
        k->quick_us = quick && !k->quick ? fibers_now_us() : k->quick_us;
        k->quick = quick;
    }
}

void seen_init(size_t lanes, size_t classes, const struct seen_bounds *bounds,
               void (*fail)(const char *what))
{
    assert(classes <= SEEN_CLASSES);
    memset(&all, 0, sizeof(all));
    all.lanes = lanes;
    all.count = classes;
    all.bounds = *bounds;
    all.fail = fail;
}

void seen_waits(size_t sched_class)
{
    all.classes[sched_class].waiting++;
    see_all();
}

void seen_refused(size_t sched_class)
{
    all.classes[sched_class].waiting--;
    see_all();
}

/* most: the greatest part so far. */
static void check_wait(bool counts, int64_t since_us, int64_t bound_us, double *most,
                       const char *what)
{
    int64_t waited_us = counts ? fibers_now_us() - since_us : 0;
    double part = (double)waited_us / (double)bound_us;
    if (waited_us > bound_us) {
        all.fail(what);
    }
    *most = part > *most ? part : *most;
}

void seen_begins(size_t sched_class)
{
    struct class_seen *k = &all.classes[sched_class];
    check_wait(k->wants, k->since_us, all.bounds.any_us, &seen_most_of_bound,
               "a message of a class below its share of the lanes waited longer than the bound");
    check_wait(k->quick, k->quick_us, all.bounds.quick_us, &seen_most_of_quick,
               "a message of a class without long objects waited longer than the bound");
    k->since_us = fibers_now_us();
    k->waiting--;
    k->at_work++;
    see_all();
}

void seen_ends(size_t sched_class, int64_t ms)
{
    struct class_seen *k = &all.classes[sched_class];
    k->at_work--;
    k->slow = k->slow || ms > HEAVY_MS - AVERAGE_ROUNDS;
    see_all();
}

void seen_put_back(size_t sched_class)
{
    struct class_seen *k = &all.classes[sched_class];
    k->at_work--;
    k->waiting++;
    k->slow = true;
    see_all();
}
