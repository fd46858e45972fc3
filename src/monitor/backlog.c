/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/backlog.h"

static int64_t visible_of(const struct poll_stats *polls, bool polled)
{
    if (!polled || atomic_load(&polls->blocked)) {
        return 0;
    }
    return atomic_load(&polls->attributes_known) ? (int64_t)stats_get(&polls->visible) : -1;
}

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
    int64_t visible = visible_of(polls, polled);
    if (visible < 0) {
        return (struct backlog){-1, -1, -1};
    }
    int64_t messages = visible + (int64_t)waiting;
    return (struct backlog){messages, visible, messages != 0 ? age_of(polls, wall_ms) : 0};
}

void backlog_add(struct backlog *total, const struct backlog *of_queue, uint64_t waiting)
{
    total->messages += of_queue->messages >= 0 ? of_queue->messages : (int64_t)waiting;
    total->visible += of_queue->visible >= 0 ? of_queue->visible : 0;
    total->age_ms = of_queue->age_ms > total->age_ms ? of_queue->age_ms : total->age_ms;
}
