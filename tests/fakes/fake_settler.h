/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_settler.h - a source without a queue, for tests of the engine: it creates messages in flight
 * and records how each was settled.
 */
#ifndef TESTS_FAKES_FAKE_SETTLER_H
#define TESTS_FAKES_FAKE_SETTLER_H

#include "settle/inflight.h"

#include <stdlib.h>

struct fake_message {
    struct inflight inflight; /* first member, so that both have the same address */
    struct fake_message *next;
    unsigned begun, settled; /* number of calls */
    bool last;               /* it will not be delivered again */
    struct settlement settlement;
};

static struct fake_message *fake_messages;

static struct fake_message *fake_of(const struct inflight *m)
{
    return (struct fake_message *)(uintptr_t)m;
}

static void fake_begin(void *context UNUSED, struct inflight *m)
{
    fake_of(m)->begun++;
}

static void fake_settle(void *context UNUSED, struct inflight *m, const struct settlement *s)
{
    fake_of(m)->settled++;
    fake_of(m)->settlement = *s;
}

static bool fake_last_delivery(void *context UNUSED, const struct inflight *m)
{
    return fake_of(m)->last;
}

static const struct settler fake_settler = {NULL, fake_begin, fake_settle, fake_last_delivery};

/* A message with this body, before inflight_begin. Valid until fake_settler_reset. */
UNUSED static struct fake_message *fake_settler_message(const char *body, unsigned receive_count)
{
    struct fake_message *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        abort();
    }
    f->inflight.id = "id";
    f->inflight.receive_count = receive_count;
    inflight_init(&f->inflight, span_of(body, strlen(body)), 0);
    f->next = fake_messages;
    fake_messages = f;
    return f;
}

UNUSED static void fake_settler_reset(void)
{
    while (fake_messages != NULL) {
        struct fake_message *f = fake_messages;
        fake_messages = f->next;
        inflight_done(&f->inflight);
        free(f);
    }
}

#endif
