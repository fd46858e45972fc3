/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt_work.c - what an attempt has only while it works: a core, and the converter that belongs
 * to the core.
 */
#include "attempt_priv.h"

void attempt_work_begins(struct attempt *a)
{
    turns_begin(a->parts->turns, a->parts->turn);
    normalizer_attach(a->normalizer, a->parts->converters[a->parts->turn->core]);
    a->working = true;
}

void attempt_work_ends(struct attempt *a)
{
    if (a->working) {
        a->working = false;
        normalizer_detach(a->normalizer);
        turns_pause(a->parts->turns, a->parts->turn);
    }
}

void attempt_work_yields(struct attempt *a)
{
    if (turns_contended(a->parts->turns)) {
        normalizer_detach(a->normalizer);
        turns_yield(a->parts->turns, a->parts->turn);
        normalizer_attach(a->normalizer, a->parts->converters[a->parts->turn->core]);
    }
}
