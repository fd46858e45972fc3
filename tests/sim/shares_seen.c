/* SPDX-License-Identifier: Apache-2.0 */
#include "shares_seen.h"

#include "fibers.h"
#include "flow/inbox.h"

#include <assert.h>
#include <string.h>

struct class_seen {
    size_t waiting, at_work;
    bool wants;       /* one waits, and the class is below its share of the lanes ... */
    int64_t since_us; /* ... since then, and none was begun since */
};

static struct {
    size_t lanes, count;
    int64_t bound_us;
    void (*fail)(const char *what);
    struct class_seen classes[SEEN_CLASSES];
} all;

double seen_most_of_bound;

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
    }
}

void seen_init(size_t lanes, size_t classes, int64_t bound_us, void (*fail)(const char *what))
{
    assert(classes <= SEEN_CLASSES);
    memset(&all, 0, sizeof(all));
    all.lanes = lanes;
    all.count = classes;
    all.bound_us = bound_us;
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

void seen_begins(size_t sched_class)
{
    struct class_seen *k = &all.classes[sched_class];
    int64_t waited_us = k->wants ? fibers_now_us() - k->since_us : 0;
    double part = (double)waited_us / (double)all.bound_us;
    if (waited_us > all.bound_us) {
        all.fail("a message of a class below its share of the lanes waited longer than the bound");
    }
    seen_most_of_bound = part > seen_most_of_bound ? part : seen_most_of_bound;
    k->since_us = fibers_now_us();
    k->waiting--;
    k->at_work++;
    see_all();
}

void seen_ends(size_t sched_class)
{
    all.classes[sched_class].at_work--;
    see_all();
}
