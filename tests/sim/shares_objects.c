/* SPDX-License-Identifier: Apache-2.0 */
#include "shares_objects.h"

#include "flow/inbox.h"
#include "flow/turns.h"

enum {
    HANGS_MOST_MS = LATE_MS * 3 / 2,
    MAX_BLOCK_US = 3000,
    KAFKA_MOST_MS = HEAVY_MS * 3 / 2,
};

static struct object hanging_object(void)
{
    return (struct object){.arrive_us = between(HEAVY_MS, HANGS_MOST_MS) * 1000,
                           .block_us = between(50, 500),
                           .buffers = 1,
                           .blocks = 1};
}

struct object any_object(bool heavy, unsigned hanging)
{
    if (!heavy) {
        return (struct object){.arrive_us = between(500, 2000),
                               .block_us = between(50, 500),
                               .buffers = 1,
                               .blocks = 1};
    }
    if (chance(hanging)) {
        return hanging_object();
    }
    return (struct object){.arrive_us = between(1000, 400 * 1000),
                           .block_us = between(500, MAX_BLOCK_US),
                           .buffers = (unsigned)between(2, 5),
                           .blocks = (unsigned)between(1, 3)};
}

void object_waits_for_kafka(struct object *o, unsigned held_up)
{
    o->kafka_us = chance(held_up) ? between(0, KAFKA_MOST_MS) * 1000 : 0;
}

/* The longest time of a buffer, if its class shares its cores among so many lanes. */
static int64_t buffer_us(const struct object *o, const struct machine *m, size_t lanes)
{
    int64_t work = o->blocks * o->block_us;
    int64_t wait = TURN_US + MAX_BLOCK_US + PAUSED_US + LOOK_US;
    return (int64_t)m->classes * (int64_t)lanes * (work + wait) / (int64_t)m->cores;
}

/* L of shares.h, of this object. */
static int64_t longest_us(const struct object *o, const struct machine *m)
{
    return o->buffers *
           (o->arrive_us + o->kafka_us + buffer_us(o, m, m->lanes > 1 ? m->lanes / 2 : 1));
}

struct seen_bounds objects_bounds(const struct object *const *objects, size_t count,
                                  const struct machine *m)
{
    int64_t longest = 0;
    int64_t waits = 0;
    bool held_up = false;
    for (size_t i = 0; i < count; i++) {
        int64_t us = longest_us(objects[i], m);
        longest = us > longest ? us : longest;
        us = objects[i]->buffers * (buffer_us(objects[i], m, m->lanes) + objects[i]->kafka_us);
        waits = us > waits ? us : waits;
        held_up = held_up || objects[i]->kafka_us != 0;
    }
    int64_t trial = (HEAVY_MS + m->look_ms) * 1000 + waits;
    int64_t classes = (int64_t)m->classes * (held_up ? 2 : 1);
    return (struct seen_bounds){.any_us = classes * (longest + trial),
                                .quick_us = classes * (m->lanes > 1 ? trial : longest + trial)};
}
