/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs/choice.h"

#include "codec/notification.h"
#include "codec/sqs_json.h"
#include "codec/utf8.h"
#include "customers/filter.h"
#include "flow/folder.h"

const char *const choice_names[CHOICES] = {
    [CHOICE_TAKEN] = "taken",
    [CHOICE_ARCHIVED] = "archived",
    [CHOICE_IGNORED] = "ignored",
    [CHOICE_FOLDER] = "folders",
    [CHOICE_RANGE] = "not_in_range",
    [CHOICE_OUTSIDE] = "outside_prefix",
    [CHOICE_UNREADABLE] = "unreadable_key",
};

static bool is_archived(struct span storage_class)
{
    return span_eq(storage_class, SPAN("GLACIER")) || span_eq(storage_class, SPAN("DEEP_ARCHIVE"));
}

/* Below the requested prefix, and so that the worker will find the customer by the key. */
static bool is_below(const struct customer_conf *customer, struct span below, struct span key)
{
    struct span prefix = span_str(customer->prefix);
    return span_starts(key, below) && key.n > below.n && span_starts(key, prefix) &&
           key.n > prefix.n + 1 && key.p[prefix.n] == '/';
}

/* An object of unknown time is in no range. */
static bool is_in_range(const struct range *r, int64_t modified_ns)
{
    return (r->from_ns == 0 || modified_ns >= r->from_ns) &&
           (r->to_ns == 0 || (modified_ns != 0 && modified_ns < r->to_ns));
}

enum choice choose(const struct customer_conf *customer, const struct range *range,
                   const struct s3_entry *entry)
{
    if (entry->key.n > NOTIFICATION_KEY_BYTES || !utf8_valid(entry->key)) {
        return CHOICE_UNREADABLE;
    }
    if (!is_below(customer, range->below, entry->key)) {
        bool marker = entry->size == 0 && span_eq(entry->key, range->below);
        return marker ? CHOICE_FOLDER : CHOICE_OUTSIDE;
    }
    if (!is_in_range(range, entry->modified_ns)) {
        return CHOICE_RANGE;
    }
    if (entry->size == 0 && folder_named(entry->key)) {
        return CHOICE_FOLDER;
    }
    if (filter_ignores(customer, entry->key)) {
        return CHOICE_IGNORED;
    }
    return is_archived(entry->storage_class) ? CHOICE_ARCHIVED : CHOICE_TAKEN;
}

void tally_add(struct tally *t, enum choice c, const struct s3_entry *entry)
{
    t->objects[c]++;
    if (c == CHOICE_TAKEN && entry->size > 0) {
        t->bytes += (uint64_t)entry->size;
    }
}

uint64_t tally_all(const struct tally *t)
{
    uint64_t n = 0;
    for (int c = 0; c < CHOICES; c++) {
        n += t->objects[c];
    }
    return n;
}

/* ---- What a backfill costs ---- */

enum { PAGE_KEYS = 1000 };

static const double dollars_per_list = 0.005 / 1000;
static const double dollars_per_get = 0.0004 / 1000;
static const double dollars_per_sqs = 0.40 / 1000000;

static uint64_t parts(uint64_t n, uint64_t size)
{
    return n / size + (n % size != 0);
}

struct estimate estimate_of(const struct tally *t, bool listed)
{
    uint64_t taken = t->objects[CHOICE_TAKEN];
    uint64_t batches = parts(taken, SQS_BATCH);
    struct estimate e = {
        .lists = listed ? 2 * parts(tally_all(t), PAGE_KEYS) : 0, /* to count, and to send */
        .sends = batches,
        .asks = batches,
        .receives = batches,
        .deletes = batches,
        .gets = taken,
    };
    e.dollars = (double)e.lists * dollars_per_list + (double)e.gets * dollars_per_get +
                (double)(e.sends + e.asks + e.receives + e.deletes) * dollars_per_sqs;
    return e;
}
