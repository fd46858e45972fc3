/* SPDX-License-Identifier: Apache-2.0 */
/* held.c - a hash table with chains; message ids are SQS's, so the chains are short. */
#include "settle/sqs/held.h"

#include <assert.h>
#include <string.h>

static size_t bucket_of(const struct sqs_inflight *m)
{
    return sqs_inflight_hash(m) % HELD_BUCKETS;
}

static bool is_returned(const struct sqs_inflight *m)
{
    return m->settled && m->lease.how != LEASE_DELETE;
}

const struct sqs_inflight *held_find(const struct held *h, const struct sqs_inflight *m)
{
    const struct sqs_inflight *other = h->buckets[bucket_of(m)];
    while (other != NULL && (other == m || other->inflight.queue != m->inflight.queue ||
                             is_returned(other) || strcmp(other->message_id, m->message_id) != 0)) {
        other = other->next_held;
    }
    return other;
}

void held_add(struct held *h, struct sqs_inflight *m)
{
    struct sqs_inflight **bucket = &h->buckets[bucket_of(m)];
    m->next_held = *bucket;
    *bucket = m;
}

void held_remove(struct held *h, struct sqs_inflight *m)
{
    struct sqs_inflight **at = &h->buckets[bucket_of(m)];
    while (*at != m) {
        assert(*at != NULL);
        at = &(*at)->next_held;
    }
    *at = m->next_held;
}
