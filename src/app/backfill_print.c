/* SPDX-License-Identifier: Apache-2.0 */
#include "app/backfill_print.h"

#include "app/print.h"
#include "app/progress.h"
#include "base/visible.h"
#include "codec/control.h"

enum { OUT_BYTES = 64 * 1024 };

static const char *const words[CHOICES] = {
    [CHOICE_ARCHIVED] = "archived",
    [CHOICE_IGNORED] = "ignored by the configuration",
    [CHOICE_FOLDER] = "folder markers",
    [CHOICE_RANGE] = "of another time",
    [CHOICE_OUTSIDE] = "not below the prefix",
    [CHOICE_UNREADABLE] = "with an unreadable key",
};

static void add_skipped(struct buf *out, const struct tally *t)
{
    const char *before = "skipped   ";
    for (int c = CHOICE_TAKEN + 1; c < CHOICES; c++) {
        if (t->objects[c] > 0) {
            buf_add(out, span_str(before));
            number_add(out, t->objects[c]);
            buf_addf(out, " %s", words[c]);
            before = ", ";
        }
    }
    if (before[0] == ',') {
        buf_add_byte(out, '\n');
    }
}

static void add_requests(struct buf *out, const struct estimate *e)
{
    const struct {
        const char *name;
        uint64_t n;
    } rows[] = {
        {"ListObjectsV2", e->lists},        {"SendMessageBatch", e->sends},
        {"GetQueueAttributes", e->asks},    {"ReceiveMessage", e->receives},
        {"DeleteMessageBatch", e->deletes}, {"GetObject", e->gets},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_add(out, span_str(i == 0 ? "requests  " : ", "));
        number_add(out, rows[i].n);
        buf_addf(out, " %s", rows[i].name);
    }
    buf_addf(out, "\ncosts     about %.2f USD (requests of SQS and S3)\n", e->dollars);
}

static void add_json(const struct backfill_report *r, struct buf *out)
{
    const struct estimate *e = &r->estimate;
    buf_add(out, SPAN("{\"customer\":"));
    control_quote(out, span_str(r->customer->id));
    buf_add(out, SPAN(",\"bucket\":"));
    control_quote(out, span_str(r->customer->bucket));
    buf_add(out, SPAN(",\"prefix\":"));
    control_quote(out, r->below);
    buf_addf(out, ",\"job\":\"%s\",\"dry_run\":%s,\"bytes\":%llu", r->job,
             r->dry_run ? "true" : "false", (unsigned long long)r->tally->bytes);
    for (int c = 0; c < CHOICES; c++) {
        buf_addf(out, ",\"%s\":%llu", choice_names[c], (unsigned long long)r->tally->objects[c]);
    }
    buf_addf(out,
             ",\"requests\":{\"ListObjectsV2\":%llu,\"SendMessageBatch\":%llu,"
             "\"GetQueueAttributes\":%llu,\"ReceiveMessage\":%llu,"
             "\"DeleteMessageBatch\":%llu,\"GetObject\":%llu},"
             "\"dollars\":%.6f}\n",
             (unsigned long long)e->lists, (unsigned long long)e->sends,
             (unsigned long long)e->asks, (unsigned long long)e->receives,
             (unsigned long long)e->deletes, (unsigned long long)e->gets, e->dollars);
}

void backfill_text(const struct backfill_report *r, bool json, struct buf *out)
{
    if (json) {
        add_json(r, out);
        return;
    }
    buf_addf(out, "customer  %s, s3://%s/", r->customer->id, r->customer->bucket);
    visible_add(out, r->below);
    buf_addf(out, "\n%s", r->dry_run ? "to send   " : "sent      ");
    number_add(out, r->tally->objects[CHOICE_TAKEN]);
    buf_add(out, SPAN(" objects, "));
    bytes_add(out, r->tally->bytes);
    buf_add_byte(out, '\n');
    add_skipped(out, r->tally);
    add_requests(out, &r->estimate);
}

int backfill_print(const struct backfill_report *r, bool json)
{
    struct buf out = BUF_INIT(OUT_BYTES);
    backfill_text(r, json, &out);
    return print_and_free(&out);
}
