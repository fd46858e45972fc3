/* SPDX-License-Identifier: Apache-2.0 */
#include "customers/expect.h"

static const int64_t hour_ms = INT64_C(3600) * 1000;

void expect_init(struct expect *x, int64_t now_ms)
{
    *x = (struct expect){.heard_ms = now_ms, .begin_ms = now_ms};
}

/* Enter the hours that have begun since the last look. What came in between counts to the last. */
static void begin_hours(struct expect *x, int64_t now_ms, uint64_t bytes)
{
    int64_t hour = (now_ms - x->begin_ms) / hour_ms;
    if (hour - x->hour > EXPECT_HOURS) {
        x->hour = hour - EXPECT_HOURS;
    }
    while (x->hour < hour) {
        x->hour++;
        x->at_hour[x->hour % EXPECT_HOURS] = bytes;
    }
}

static bool is_silent(const struct expect *x, const struct expect_facts *f)
{
    return f->cadence_ms != 0 && f->now_ms - x->heard_ms > EXPECT_CADENCES * f->cadence_ms;
}

static bool is_far_above(const struct expect *x, const struct expect_facts *f)
{
    uint64_t volumes = x->far_above ? EXPECT_VOLUMES_END : EXPECT_VOLUMES;
    return f->volume != 0 && x->day_bytes / volumes >= f->volume &&
           x->day_bytes > volumes * f->volume;
}

unsigned expect_look(struct expect *x, const struct expect_facts *f)
{
    struct expect before = {.silent = x->silent, .far_above = x->far_above};
    begin_hours(x, f->now_ms, f->bytes);
    x->day_bytes = f->bytes - x->at_hour[(x->hour + 1) % EXPECT_HOURS];
    if (f->notified != x->notified || (f->unheard && !x->silent)) {
        x->heard_ms = f->now_ms;
        x->notified = f->notified;
    }
    x->silent = is_silent(x, f);
    x->far_above = is_far_above(x, f);
    return (before.silent != x->silent ? (unsigned)EXPECT_SILENT : 0) |
           (before.far_above != x->far_above ? (unsigned)EXPECT_FAR_ABOVE : 0);
}
