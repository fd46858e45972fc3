/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_sqs.h - the batch calls of SQS, for tests of their callers. Records the calls, returns the
 * results that the test set, and lets a test wait for a call. Replaces net/sqs.c.
 */
#ifndef TESTS_FAKES_FAKE_SQS_H
#define TESTS_FAKES_FAKE_SQS_H

#include "base/lock.h"
#include "net/sqs.h"

#include <stdio.h>
#include <stdlib.h>

enum { FAKE_SQS_CALLS = 4096 };

struct fake_call {
    bool is_delete;
    char handle[32];
    int visibility_s;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t called;
    struct fake_call calls[FAKE_SQS_CALLS];
    size_t count;
    enum err_kind whole; /* the result of every call ... */
    enum err_kind entry; /* ... and of each entry of it */
    const char *refused; /* FAIL_AGAIN for the entry of this handle; NULL: none */
    bool silent;         /* calls are recorded, and return only when this is false */
    int64_t wall_ms;     /* the clock of the service */
} fake_sqs;

UNUSED static void fake_sqs_reset(void)
{
    (void)pthread_mutex_init(&fake_sqs.lock, NULL);
    cond_init(&fake_sqs.called);
    fake_sqs.count = 0;
    fake_sqs.whole = fake_sqs.entry = FAIL_NONE;
    fake_sqs.silent = false;
    fake_sqs.refused = NULL;
}

const char *sqs_queue_url(const struct sqs_queue *q UNUSED)
{
    return "https://sqs.example/queue";
}

UNUSED static void fake_sqs_refuse(const char *handle)
{
    (void)pthread_mutex_lock(&fake_sqs.lock);
    fake_sqs.refused = handle;
    (void)pthread_mutex_unlock(&fake_sqs.lock);
}

UNUSED static void fake_sqs_silent(bool silent)
{
    (void)pthread_mutex_lock(&fake_sqs.lock);
    fake_sqs.silent = silent;
    (void)pthread_mutex_unlock(&fake_sqs.lock);
}

UNUSED static void fake_sqs_answer(enum err_kind whole, enum err_kind entry)
{
    (void)pthread_mutex_lock(&fake_sqs.lock);
    fake_sqs.whole = whole;
    fake_sqs.entry = entry;
    (void)pthread_mutex_unlock(&fake_sqs.lock);
}

/* Number of entries of calls so far: of deletes, or of changes (visibility_s -1: any). */
UNUSED static size_t fake_sqs_asked(bool is_delete, const char *handle, int visibility_s)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&fake_sqs.lock);
    for (size_t i = 0; i < fake_sqs.count; i++) {
        const struct fake_call *c = &fake_sqs.calls[i];
        n += c->is_delete == is_delete && (handle == NULL || strcmp(c->handle, handle) == 0) &&
             (visibility_s < 0 || c->visibility_s == visibility_s);
    }
    (void)pthread_mutex_unlock(&fake_sqs.lock);
    return n;
}

/* Wait for the n-th such entry. False: not within ten seconds. */
UNUSED static bool fake_sqs_wait(bool is_delete, const char *handle, int visibility_s, size_t n)
{
    for (int i = 0; i < 1000 && fake_sqs_asked(is_delete, handle, visibility_s) < n; i++) {
        (void)pthread_mutex_lock(&fake_sqs.lock);
        (void)cond_wait_ms(&fake_sqs.called, &fake_sqs.lock, 10);
        (void)pthread_mutex_unlock(&fake_sqs.lock);
    }
    return fake_sqs_asked(is_delete, handle, visibility_s) >= n;
}

static enum err_kind fake_sqs_call(bool is_delete, struct sqs_entry *entries, size_t count,
                                   struct err *e)
{
    (void)pthread_mutex_lock(&fake_sqs.lock);
    for (size_t i = 0; i < count && fake_sqs.count < FAKE_SQS_CALLS; i++) {
        struct fake_call *c = &fake_sqs.calls[fake_sqs.count++];
        c->is_delete = is_delete;
        c->visibility_s = is_delete ? 0 : entries[i].visibility_s;
        (void)snprintf(c->handle, sizeof(c->handle), "%s", entries[i].receipt_handle);
        bool refused = fake_sqs.refused != NULL && strcmp(c->handle, fake_sqs.refused) == 0;
        entries[i].kind = refused ? FAIL_AGAIN : fake_sqs.entry;
    }
    (void)pthread_cond_broadcast(&fake_sqs.called);
    while (fake_sqs.silent) {
        (void)cond_wait_ms(&fake_sqs.called, &fake_sqs.lock, 10);
    }
    enum err_kind whole = fake_sqs.whole;
    (void)pthread_mutex_unlock(&fake_sqs.lock);
    return whole == FAIL_NONE ? whole : err_set(e, whole, "sqs: as the test says");
}

enum err_kind sqs_delete(struct sqs_queue *q UNUSED, struct sqs_entry *entries, size_t count,
                         struct err *e)
{
    return fake_sqs_call(true, entries, count, e);
}

enum err_kind sqs_change_visibility(struct sqs_queue *q UNUSED, struct sqs_entry *entries,
                                    size_t count, struct err *e)
{
    return fake_sqs_call(false, entries, count, e);
}

int64_t sqs_clock_ms(const struct sqs_queue *q UNUSED)
{
    return fake_sqs.wall_ms;
}

/* A message as a poll returns it. */
UNUSED static struct sqs_message *fake_message(const char *handle, const char *body)
{
    struct sqs_message *m = calloc(1, sizeof(*m));
    char *copy = strdup(body);
    if (m == NULL || copy == NULL) {
        abort();
    }
    m->id = strdup(handle); /* the handles of the tests are different */
    m->receipt_handle = strdup(handle);
    m->body = span_of(copy, strlen(copy));
    m->receive_count = 1;
    return m;
}

#endif
