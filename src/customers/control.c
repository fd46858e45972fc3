/* SPDX-License-Identifier: Apache-2.0 */
/* control.c - what an operator sets for one customer while the worker runs. */
#include "customers_priv.h"

bool held_blocks(struct customer_entry *c, struct err *why)
{
    if (!atomic_load_explicit(&c->run->held, memory_order_relaxed)) {
        return false;
    }
    if (why != NULL) {
        (void)err_set(why, FAIL_CONFIG, "paused by an operator: asymptote-ingest control pause");
    }
    return true;
}

struct customer *customers_by_id(struct customers *all, struct span id)
{
    struct customer *c = NULL;
    while ((c = customers_next(all, c)) != NULL && !span_eq(c->id, id)) {
    }
    return c;
}

/* The ops event of a pause by an operator, whose length is not known, or of its end. */
static void send_held(struct customer *c, int64_t held_ms)
{
    struct err why = {.kind = FAIL_NONE};
    if (held_blocks(entry_of(c), &why)) {
        ops_customer_paused(customer_ops(c), c->id, &why, -1);
    } else {
        ops_customer_resumed(customer_ops(c), c->id, held_ms);
    }
}

bool customers_set_held(struct customers *all, struct span id, bool on)
{
    struct customer *c = customers_by_id(all, id);
    if (c == NULL) {
        return false;
    }
    struct customer_run *run = entry_of(c)->run;
    int64_t now = clock_mono_ms(run->clock);
    if (on && !atomic_load(&run->held)) {
        atomic_store(&run->held_ms, now);
    }
    if (atomic_exchange(&run->held, on) != on) {
        send_held(c, now - atomic_load(&run->held_ms));
    }
    customer_release(c);
    return true;
}

bool customers_set_debug(struct customers *all, struct span id, bool on)
{
    struct customer *c = customers_by_id(all, id);
    if (c == NULL) {
        return false;
    }
    atomic_store(&entry_of(c)->run->debug, on);
    customer_release(c);
    return true;
}

bool customer_is_debugged(struct customer *c)
{
    return atomic_load_explicit(&entry_of(c)->run->debug, memory_order_relaxed);
}
