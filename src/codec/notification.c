/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spans of the records must outlive the parsed document, so each text is copied into one block.
 * The block has the size of the body, which suffices: each text occurs in the body once, and JSON
 * and URL escapes are never shorter than what they encode.
 */
#include "codec/notification.h"

#include "base/alloc.h"
#include "codec/control.h"
#include "codec/notification_write.h"
#include "codec/timestamp.h"
#include "codec/url.h"
#include "codec/utf8.h"

#include <stdlib.h>

enum { NS_PER_MS = 1000 * 1000 };

static const struct control_limits limits = {NOTIFICATION_BODY_BYTES, NOTIFICATION_CONTAINERS};

/* State while a notification is read. */
struct reading {
    struct notification *n;
    size_t text_used, text_cap;
    struct buf key; /* the key being decoded */
    struct err *e;
};

/* Programs that write notifications, and how they encode keys (research/aws.md §3.7). */
static const struct record_writer {
    const char *name;
    bool raw_keys;
} writers[] = {
    {"aws:s3", false},
    {"minio:s3", false},
    {"ceph:s3", true},
};

/* A copy that is valid as long as the notification. */
static char *copy_text(struct reading *r, struct span s)
{
    if (s.n > r->text_cap - r->text_used) {
        abort(); /* impossible, see above */
    }
    char *to = r->n->text + r->text_used;
    if (s.n > 0) {
        memcpy(to, s.p, s.n);
    }
    r->text_used += s.n;
    return to;
}

/* Always false, so that a function that fails ends in one line. */
static bool fail_reading(struct reading *r, const char *why)
{
    (void)err_set(r->e, FAIL_DATA, "notification: %s", why);
    return false;
}

/* A text that is only compared or logged. "": it is absent or too long. */
static struct span optional_text(struct reading *r, struct json_object *value)
{
    struct span s;
    if (!control_text(value, &s) || s.n > NOTIFICATION_TEXT_BYTES) {
        return SPAN("");
    }
    return span_of(copy_text(r, s), s.n);
}

static bool all_in(struct span s, struct span set)
{
    for (size_t i = 0; i < s.n; i++) {
        if (memchr(set.p, s.p[i], set.n) == NULL) {
            return false;
        }
    }
    return true;
}

static bool read_key(struct reading *r, struct json_object *value, bool raw, struct span *key)
{
    struct span s;
    if (!control_text(value, &s) || s.n == 0) {
        return fail_reading(r, "a record without an object key");
    }
    buf_clear(&r->key);
    if (raw) {
        buf_add(&r->key, s);
    } else {
        r->n->stray_percents += url_decode_form(&r->key, s) > 0;
    }
    if (r->key.overflowed) {
        return fail_reading(r, "an object key of more than 1024 bytes");
    }
    *key = span_of(copy_text(r, buf_span(&r->key)), r->key.n);
    return utf8_valid(*key) || fail_reading(r, "an object key that is not UTF-8");
}

static bool read_bucket(struct reading *r, struct json_object *value, struct span *bucket)
{
    *bucket = optional_text(r, value);
    return bucket->n > 0 || fail_reading(r, "a record without a bucket name");
}

/*
 * The version id. It may be absent. Any other value than a text is an error, since another version
 * would be read.
 */
static bool read_version(struct reading *r, struct json_object *value, struct span *version)
{
    struct span s;
    *version = SPAN("");
    if (value == NULL) {
        return true;
    }
    if (!control_text(value, &s) || s.n > NOTIFICATION_TEXT_BYTES) {
        return fail_reading(r, "a version id that is no text, or too long");
    }
    *version = span_of(copy_text(r, s), s.n);
    return true;
}

static struct span without_quotes(struct span s)
{
    bool quoted = s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"';
    return quoted ? span_of(s.p + 1, s.n - 2) : s;
}

/* The members that are not verified, in all forms. */
static void read_details(struct reading *r, struct json_object *object,
                         struct notification_record *rec)
{
    struct json_object *etag = control_at(object, "eTag"); /* EventBridge: etag; moto: eTag */
    etag = etag != NULL ? etag : control_at(object, "etag");
    rec->etag = without_quotes(optional_text(r, etag));

    rec->sequencer = optional_text(r, control_at(object, "sequencer"));
    if (!all_in(rec->sequencer, SPAN("0123456789abcdefABCDEF"))) {
        rec->sequencer = SPAN("");
    }
    if (!control_int(control_at(object, "size"), &rec->size) || rec->size < 0) {
        rec->size = -1;
    }
}

static int64_t read_time(struct json_object *value)
{
    struct span s;
    struct timestamp t;
    return control_text(value, &s) && timestamp_parse(s, &t) ? t.ns / NS_PER_MS : 0;
}

/* Read what can be read of an event that names no object to read, for the log. */
static void read_other_object(struct reading *r, struct json_object *bucket,
                              struct json_object *key, bool raw, struct notification_record *rec)
{
    struct err ignored = {0};
    struct err *e = r->e;
    r->e = &ignored;
    rec->bucket = optional_text(r, bucket);
    if (!read_key(r, key, raw, &rec->key)) {
        rec->key = SPAN("");
    }
    r->e = e;
}

/* Read the object of a record: "bucket" and "object", which S3 and EventBridge write alike. */
static bool read_object(struct reading *r, struct json_object *in, const char *version_name,
                        bool raw, struct notification_record *rec)
{
    struct json_object *object = control_at(in, "object");
    struct json_object *bucket = control_at(control_at(in, "bucket"), "name");
    struct json_object *key = control_at(object, "key");

    read_details(r, object, rec);
    rec->version_id = SPAN("");
    if (rec->what != NOTIFICATION_CREATED) {
        read_other_object(r, bucket, key, raw, rec);
        return true;
    }
    return read_bucket(r, bucket, &rec->bucket) && read_key(r, key, raw, &rec->key) &&
           read_version(r, control_at(object, version_name), &rec->version_id);
}

/* The writer by eventSource; AWS if it is absent. */
static const struct record_writer *find_writer(struct json_object *value)
{
    struct span name;
    if (value == NULL) {
        return &writers[0];
    }
    (void)control_text(value, &name);
    for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
        if (span_eq(span_str(writers[i].name), name)) {
            return &writers[i];
        }
    }
    return NULL;
}

/* Whether eventVersion is 2.x. A minor version only adds members (research/aws.md §3.1). */
static bool version_is_known(struct json_object *value)
{
    struct span s;
    return value == NULL ||
           (control_text(value, &s) && (span_eq(s, SPAN("2")) || span_starts(s, SPAN("2."))));
}

/* Read one element of "Records". */
static bool read_record(struct reading *r, struct json_object *in, struct notification_record *rec)
{
    struct span name;
    const struct record_writer *writer = find_writer(control_at(in, "eventSource"));

    if (!control_text(control_at(in, "eventName"), &name)) {
        return fail_reading(r, "a record without an event name");
    }
    if (writer == NULL) {
        return fail_reading(r, "a record of another service than S3");
    }
    if (!version_is_known(control_at(in, "eventVersion"))) {
        return fail_reading(r, "a record of an unknown major version");
    }

    if (span_starts(name, SPAN("s3:"))) { /* MinIO */
        name = span_from(name, 3);
    }
    rec->what =
        span_starts(name, SPAN("ObjectCreated:")) ? NOTIFICATION_CREATED : NOTIFICATION_OTHER;
    rec->region = optional_text(r, control_at(in, "awsRegion"));
    rec->account = SPAN("");
    rec->event_ms = read_time(control_at(in, "eventTime"));
    return read_object(r, control_at(in, "s3"), "versionId", writer->raw_keys, rec);
}

static void make_records(struct reading *r, size_t count)
{
    r->n->records = mem_zeros(count, sizeof(*r->n->records));
    r->n->count = count;
}

static bool read_records(struct reading *r, struct json_object *list)
{
    size_t count = control_count(list);
    if (count == 0) {
        return fail_reading(r, "Records is empty or no list");
    }
    if (count > NOTIFICATION_RECORDS) {
        return fail_reading(r, "more than 12500 records");
    }
    make_records(r, count);
    for (size_t i = 0; i < count; i++) {
        if (!read_record(r, control_item(list, i), &r->n->records[i])) {
            return false;
        }
    }
    return true;
}

/*
 * Read EventBridge's event, which names one object; its key is not encoded (research/aws.md §3.4).
 */
static bool read_eventbridge(struct reading *r, struct json_object *in, struct span type)
{
    make_records(r, 1);
    struct notification_record *rec = r->n->records;
    rec->what = span_eq(type, SPAN("Object Created")) ? NOTIFICATION_CREATED : NOTIFICATION_OTHER;
    rec->region = optional_text(r, control_at(in, "region"));
    rec->event_ms = read_time(control_at(in, "time"));
    rec->account = optional_text(r, control_at(in, "account"));
    if (rec->account.n != 12 || !all_in(rec->account, SPAN("0123456789"))) {
        rec->account = SPAN("");
    }
    return read_object(r, control_at(in, "detail"), "version-id", true, rec);
}

static bool read_test(struct reading *r, struct json_object *in)
{
    make_records(r, 1);
    *r->n->records = (struct notification_record){
        .what = NOTIFICATION_TEST,
        .bucket = optional_text(r, control_at(in, "Bucket")),
        .event_ms = read_time(control_at(in, "Time")),
        .key = SPAN(""),
        .version_id = SPAN(""),
        .etag = SPAN(""),
        .region = SPAN(""),
        .sequencer = SPAN(""),
        .account = SPAN(""),
        .size = -1,
    };
    return true;
}

static bool read_body(struct reading *r, struct span body, bool wrapped);

/* Read an SNS message, which is a JSON text within a JSON text; at most once. */
static bool read_sns(struct reading *r, struct span message, bool wrapped)
{
    if (wrapped) {
        return fail_reading(r, "SNS within SNS");
    }
    r->n->form = NOTIFICATION_SNS;
    return read_body(r, message, true);
}

/* Determine the form (research/aws.md §3.7, last paragraph) and read its records. */
static bool read_forms(struct reading *r, struct json_object *in, bool wrapped)
{
    struct span s;
    struct span message;

    if (control_at(in, "Records") != NULL) {
        r->n->backfill = control_at(in, NOTIFICATION_BACKFILL) != NULL;
        return read_records(r, control_at(in, "Records"));
    }
    if (control_text(control_at(in, "Event"), &s) && span_eq(s, SPAN("s3:TestEvent"))) {
        return read_test(r, in);
    }
    if (control_text(control_at(in, "Type"), &s) && span_eq(s, SPAN("Notification")) &&
        control_text(control_at(in, "TopicArn"), &s) &&
        control_text(control_at(in, "Message"), &message)) {
        return read_sns(r, message, wrapped);
    }
    if (control_text(control_at(in, "source"), &s) && span_eq(s, SPAN("aws.s3")) &&
        control_text(control_at(in, "detail-type"), &s)) {
        r->n->form = NOTIFICATION_EVENTBRIDGE;
        return read_eventbridge(r, in, s);
    }
    return fail_reading(r, "none of the known forms");
}

static bool read_body(struct reading *r, struct span body, bool wrapped)
{
    OWNED(control) struct control *doc = control_read(body, &limits, r->e);
    if (doc == NULL) {
        (void)err_wrap(r->e, "notification");
        return false;
    }
    return read_forms(r, control_root(doc), wrapped);
}

/* ---- Equal records ---- */

static int compare_spans(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_objects(const struct notification_record *a, const struct notification_record *b)
{
    int order = compare_spans(a->key, b->key);
    order = order != 0 ? order : compare_spans(a->version_id, b->version_id);
    if (order == 0 && a->version_id.n == 0) { /* a version has one ETag */
        order = compare_spans(a->etag, b->etag);
    }
    return order != 0 ? order : compare_spans(a->bucket, b->bucket);
}

/* Equal records in the order of the message, which is that of their addresses. */
static int compare_records(const void *x, const void *y)
{
    const struct notification_record *a = *(const struct notification_record *const *)x;
    const struct notification_record *b = *(const struct notification_record *const *)y;
    int order = compare_objects(a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

/*
 * Leave out each record that is equal to one before it. The records are sorted for that, since a
 * message may have 10,000 of them, chosen by a sender to the queue.
 */
static void leave_out_repeats(struct notification *n)
{
    struct notification_record **sorted = mem_zeros(n->count, sizeof(struct notification_record *));
    bool *repeated = mem_zeros(n->count, sizeof(*repeated));
    size_t created = 0;
    for (size_t i = 0; i < n->count; i++) {
        if (n->records[i].what == NOTIFICATION_CREATED) {
            sorted[created++] = &n->records[i];
        }
    }
    qsort(sorted, created, sizeof(struct notification_record *), compare_records);
    for (size_t i = 1; i < created; i++) {
        repeated[sorted[i] - n->records] = compare_objects(sorted[i - 1], sorted[i]) == 0;
    }
    size_t kept = 0;
    for (size_t i = 0; i < n->count; i++) {
        if (!repeated[i]) {
            n->records[kept++] = n->records[i];
        }
    }
    n->repeats = n->count - kept;
    n->count = kept;
    free((void *)sorted);
    free(repeated);
}

struct notification *notification_read(struct span body, struct err *e)
{
    OWNED(notification) struct notification *n = mem_zeros(1, sizeof(*n));
    n->text_cap = body.n + 1;
    n->text = mem_alloc(n->text_cap);
    n->form = NOTIFICATION_S3;
    struct reading r = {
        .n = n, .text_cap = body.n, .key = BUF_INIT(NOTIFICATION_KEY_BYTES), .e = e};
    bool good = read_body(&r, body, false);
    buf_done(&r.key);
    if (!good) {
        return NULL;
    }
    if (n->count > 1) {
        leave_out_repeats(n);
    }
    return take(&n);
}

size_t notification_bytes(const struct notification *n)
{
    return sizeof(*n) + n->text_cap + (n->count + n->repeats) * sizeof(*n->records);
}

void notification_free(struct notification *n)
{
    if (n == NULL) {
        return;
    }
    free(n->records);
    free(n->text);
    free(n);
}
