/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/backlog.h"

static int64_t age_of(const struct poll_stats *polls, int64_t wall_ms)
{
    int64_t head_ms = (int64_t)stats_get(&polls->head_ms);
    if (head_ms == 0) {
        return -1;
    }
    return wall_ms > head_ms ? wall_ms - head_ms : 0;
}

struct backlog backlog_of(const struct poll_stats *polls, uint64_t waiting, bool polled,
                          int64_t wall_ms)
{
    bool starts = polled && !atomic_load(&polls->blocked);
    bool known = atomic_load(&polls->attributes_known);
    struct backlog b = {.inbox = waiting};
    if (starts) {
        b.visible = known ? (int64_t)stats_get(&polls->visible) : -1;
        b.over_share = stats_get(&polls->hidden);
    }
    b.age_ms = b.visible < 0 || backlog_messages(&b) != 0 ? age_of(polls, wall_ms) : 0;
    return b;
}

void backlog_add(struct backlog *total, const struct backlog *of_queue)
{
    total->visible += of_queue->visible >= 0 ? of_queue->visible : 0;
    total->inbox += of_queue->inbox;
    total->over_share += of_queue->over_share;
    total->age_ms = of_queue->age_ms > total->age_ms ? of_queue->age_ms : total->age_ms;
}

uint64_t backlog_messages(const struct backlog *b)
{
    return (b->visible >= 0 ? (uint64_t)b->visible : 0) + b->inbox + b->over_share;
}
