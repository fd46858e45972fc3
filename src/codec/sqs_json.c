/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The id of a batch entry is its index, so that a result finds its entry without a search. An entry
 * without a result is FAIL_AGAIN, never a success.
 */
#include "codec/sqs_json.h"

#include "base/alloc.h"
#include "codec/control.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum {
    ANSWER_CONTAINERS = 2000, /* a receive has about ten per message */
    ATTRIBUTE_BYTES = 64 * 1024,
    MD5_BYTES = 16,
};

static const struct control_limits answer_limits = {SQS_ANSWER_BYTES, ANSWER_CONTAINERS};
static const struct control_limits policy_limits = {ATTRIBUTE_BYTES, 100};

/* ---- Requests ---- */

static void open_request(struct buf *out, const char *queue_url)
{
    buf_add(out, SPAN("{\"QueueUrl\":"));
    control_quote(out, span_str(queue_url));
}

/* The list of attributes is written under both names, since old emulators know only the second. */
void sqs_write_receive(struct buf *out, const char *queue_url, const struct sqs_receive *r)
{
    static const char names[] =
        "[\"ApproximateReceiveCount\",\"SentTimestamp\",\"ApproximateFirstReceiveTimestamp\"]";
    open_request(out, queue_url);
    buf_addf(out,
             ",\"MaxNumberOfMessages\":%d,\"WaitTimeSeconds\":%d,\"VisibilityTimeout\":%d,"
             "\"MessageSystemAttributeNames\":%s,\"AttributeNames\":%s}",
             r->max_messages, r->wait_s, r->visibility_s, names, names);
}

void sqs_write_delete(struct buf *out, const char *queue_url, const struct sqs_entry *entries,
                      size_t count)
{
    open_request(out, queue_url);
    buf_add(out, SPAN(",\"Entries\":["));
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "%s{\"Id\":\"%zu\",\"ReceiptHandle\":", i > 0 ? "," : "", i);
        control_quote(out, span_str(entries[i].receipt_handle));
        buf_add_byte(out, '}');
    }
    buf_add(out, SPAN("]}"));
}

void sqs_write_visibility(struct buf *out, const char *queue_url, const struct sqs_entry *entries,
                          size_t count)
{
    open_request(out, queue_url);
    buf_add(out, SPAN(",\"Entries\":["));
    for (size_t i = 0; i < count; i++) {
        buf_addf(out,
                 "%s{\"Id\":\"%zu\",\"VisibilityTimeout\":%d,\"ReceiptHandle\":", i > 0 ? "," : "",
                 i, entries[i].visibility_s);
        control_quote(out, span_str(entries[i].receipt_handle));
        buf_add_byte(out, '}');
    }
    buf_add(out, SPAN("]}"));
}

void sqs_write_send(struct buf *out, const char *queue_url, const struct sqs_outgoing *messages,
                    size_t count)
{
    open_request(out, queue_url);
    buf_add(out, SPAN(",\"Entries\":["));
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "%s{\"Id\":\"%zu\",\"MessageBody\":", i > 0 ? "," : "", i);
        control_quote(out, messages[i].body);
        buf_add_byte(out, '}');
    }
    buf_add(out, SPAN("]}"));
}

void sqs_write_get_attributes(struct buf *out, const char *queue_url)
{
    open_request(out, queue_url);
    buf_add(out, SPAN(",\"AttributeNames\":[\"All\"]}"));
}

/* ---- Responses ---- */

static bool only_blanks(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (memchr(" \t\r\n", s.p[i], 4) == NULL) {
            return false;
        }
    }
    return true;
}

/*
 * Parse a response into *doc; NULL if it is empty. A text that is not JSON was truncated in transit
 * or written by another program, so the error is FAIL_AGAIN.
 */
static enum err_kind read_answer(struct span answer, struct control **doc, struct err *e)
{
    *doc = NULL;
    if (only_blanks(answer)) {
        return FAIL_NONE;
    }
    *doc = control_read(answer, &answer_limits, e);
    if (*doc != NULL) {
        return FAIL_NONE;
    }
    if (e != NULL) {
        (void)err_wrap(e, "sqs: answer");
        e->kind = FAIL_AGAIN;
    }
    return FAIL_AGAIN;
}

static struct json_object *root_of(const struct control *doc)
{
    return doc != NULL ? control_root(doc) : NULL;
}

void sqs_message_free(struct sqs_message *m)
{
    if (m == NULL) {
        return;
    }
    free(m->id);
    free(m->receipt_handle);
    free((void *)(uintptr_t)m->body.p); /* allocated by copy_text */
    free(m);
}

/*
 * Whether the MD5 of the body is correct. Also true if it cannot be checked: no sum in the
 * response, or an OpenSSL without MD5 (FIPS).
 */
static bool md5_fits(struct span body, struct json_object *sum)
{
    struct span want;
    unsigned char digest[MD5_BYTES];
    char hex[2 * MD5_BYTES];
    size_t n = sizeof(digest);
    if (!control_text(sum, &want)) {
        return true;
    }

    (void)ERR_set_mark();
    int ok = EVP_Q_digest(NULL, "MD5", NULL, body.p, body.n, digest, &n);
    (void)ERR_pop_to_mark();
    if (ok != 1) {
        return true;
    }
    for (size_t i = 0; i < MD5_BYTES; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    return span_eq(want, span_of(hex, sizeof(hex)));
}

static int64_t attribute(struct json_object *attributes, const char *name, int64_t otherwise)
{
    int64_t n = 0;
    return control_int(control_at(attributes, name), &n) && n >= 0 ? n : otherwise;
}

static bool usable_handle(struct span s)
{
    return s.n > 0 && s.n <= SQS_HANDLE_BYTES && memchr(s.p, '\0', s.n) == NULL;
}

/* Read one message. NULL: it lacks a body or a handle, or is damaged. */
static struct sqs_message *read_message(struct json_object *in)
{
    struct span id;
    struct span handle;
    struct span body;
    (void)control_text(control_at(in, "MessageId"), &id);
    if (!control_text(control_at(in, "ReceiptHandle"), &handle) || !usable_handle(handle) ||
        !control_text(control_at(in, "Body"), &body) ||
        !md5_fits(body, control_at(in, "MD5OfBody"))) {
        return NULL;
    }

    struct json_object *attributes = control_at(in, "Attributes");
    int64_t receives = attribute(attributes, "ApproximateReceiveCount", 1);
    struct sqs_message *m = mem_zeros(1, sizeof(*m));
    m->id = mem_text_of(id);
    m->receipt_handle = mem_text_of(handle);
    m->body = span_of(mem_text_of(body), body.n);
    m->receive_count = receives < 1 ? 1 : receives > INT32_MAX ? INT32_MAX : (unsigned)receives;
    m->sent_ms = attribute(attributes, "SentTimestamp", 0);
    m->first_receive_ms = attribute(attributes, "ApproximateFirstReceiveTimestamp", 0);
    return m;
}

enum err_kind sqs_read_receive(struct span answer, struct sqs_received *out, struct err *e)
{
    OWNED(control) struct control *doc = NULL;
    *out = (struct sqs_received){.count = 0};
    if (read_answer(answer, &doc, e) != FAIL_NONE) {
        return e->kind;
    }
    struct json_object *list = control_at(root_of(doc), "Messages");
    size_t count = control_count(list);
    for (size_t i = 0; i < count; i++) {
        struct sqs_message *m = out->count < SQS_BATCH ? read_message(control_item(list, i)) : NULL;
        if (m == NULL) {
            out->damaged++;
        } else {
            out->messages[out->count++] = m;
        }
    }
    return FAIL_NONE;
}

/* The index that is an entry's Id; `count` if it is none of the batch. */
static size_t entry_index(struct json_object *entry, size_t count)
{
    int64_t i = 0;
    return control_int(control_at(entry, "Id"), &i) && i >= 0 && (uint64_t)i < count ? (size_t)i
                                                                                     : count;
}

static void note_first(struct err *e, enum err_kind kind, struct span code, struct span message)
{
    if (e == NULL || e->kind != FAIL_NONE) {
        return;
    }
    err_copy(e->code, sizeof(e->code), code);
    (void)err_set(e, kind, "sqs: %.*s", (int)(message.n < 200 ? message.n : 200), message.p);
}

/* Set the kind of each entry of a batch, by index. */
static enum err_kind read_batch(struct span answer, enum err_kind *kinds, size_t count,
                                struct err *e)
{
    OWNED(control) struct control *doc = NULL;
    if (e != NULL) {
        err_clear(e);
    }
    if (read_answer(answer, &doc, e) != FAIL_NONE) {
        return FAIL_AGAIN;
    }
    for (size_t i = 0; i < count; i++) {
        kinds[i] = FAIL_AGAIN;
    }

    struct json_object *done = control_at(root_of(doc), "Successful");
    for (size_t i = 0; i < control_count(done); i++) {
        size_t at = entry_index(control_item(done, i), count);
        if (at < count) {
            kinds[at] = FAIL_NONE;
        }
    }
    struct json_object *failed = control_at(root_of(doc), "Failed");
    for (size_t i = 0; i < control_count(failed); i++) {
        struct json_object *entry = control_item(failed, i);
        struct span code;
        struct span message;
        size_t at = entry_index(entry, count);
        (void)control_text(control_at(entry, "Code"), &code);
        (void)control_text(control_at(entry, "Message"), &message);
        if (at < count) {
            kinds[at] = sqs_classify_entry(code, message);
            note_first(e, kinds[at], code, message);
        }
    }
    return FAIL_NONE;
}

enum err_kind sqs_read_batch(struct span answer, struct sqs_entry *entries, size_t count,
                             struct err *e)
{
    enum err_kind kinds[SQS_BATCH];
    size_t n = count < SQS_BATCH ? count : SQS_BATCH;
    enum err_kind kind = read_batch(answer, kinds, n, e);
    for (size_t i = 0; kind == FAIL_NONE && i < n; i++) {
        entries[i].kind = kinds[i];
    }
    return kind;
}

enum err_kind sqs_read_send(struct span answer, struct sqs_outgoing *messages, size_t count,
                            struct err *e)
{
    enum err_kind kinds[SQS_BATCH];
    size_t n = count < SQS_BATCH ? count : SQS_BATCH;
    enum err_kind kind = read_batch(answer, kinds, n, e);
    for (size_t i = 0; kind == FAIL_NONE && i < n; i++) {
        messages[i].kind = kinds[i];
    }
    return kind;
}

/* Read RedrivePolicy, a JSON text within a JSON text. An unreadable one leaves it unknown. */
static void read_redrive(struct json_object *value, struct sqs_attributes *out)
{
    struct span text;
    struct span arn;
    int64_t n = 0;
    if (value == NULL) {
        bool any = out->visibility_s >= 0 || out->retention_s >= 0 || out->visible >= 0;
        out->max_receive_count =
            any ? 0 : -1; /* SQS leaves out the policy of a queue without one */
        return;
    }
    if (!control_text(value, &text)) {
        return;
    }
    OWNED(control) struct control *doc = control_read(text, &policy_limits, NULL);
    if (doc == NULL) {
        return;
    }
    struct json_object *policy = control_root(doc);
    if (control_int(control_at(policy, "maxReceiveCount"), &n) && n > 0 && n <= 1000000) {
        out->max_receive_count = (int)n;
    }
    (void)control_text(control_at(policy, "deadLetterTargetArn"), &arn);
    err_copy(out->dead_letter_arn, sizeof(out->dead_letter_arn), arn);
}

/* The policy, byte by byte: its line feeds, too. */
static void read_policy(struct json_object *value, char out[SQS_POLICY_BYTES + 1])
{
    struct span text;
    (void)control_text(value, &text);
    size_t n = text.n < SQS_POLICY_BYTES ? text.n : SQS_POLICY_BYTES;
    if (n > 0) {
        memcpy(out, text.p, n);
    }
    out[n] = '\0';
}

enum err_kind sqs_read_attributes(struct span answer, struct sqs_attributes *out, struct err *e)
{
    struct span arn;
    OWNED(control) struct control *doc = NULL;
    *out = (struct sqs_attributes){.visibility_s = -1,
                                   .retention_s = -1,
                                   .max_receive_count = -1,
                                   .visible = -1,
                                   .in_flight = -1,
                                   .created_s = -1};
    if (read_answer(answer, &doc, e) != FAIL_NONE) {
        return e->kind;
    }
    struct json_object *a = control_at(root_of(doc), "Attributes");
    int64_t visibility = attribute(a, "VisibilityTimeout", -1);
    int64_t retention = attribute(a, "MessageRetentionPeriod", -1);
    out->visibility_s = visibility <= SQS_VISIBILITY_MAX_S ? (int)visibility : -1;
    out->retention_s = retention <= INT32_MAX ? (int)retention : -1;
    out->visible = attribute(a, "ApproximateNumberOfMessages", -1);
    out->in_flight = attribute(a, "ApproximateNumberOfMessagesNotVisible", -1);
    out->created_s = attribute(a, "CreatedTimestamp", -1);
    (void)control_text(control_at(a, "QueueArn"), &arn);
    err_copy(out->arn, sizeof(out->arn), arn);
    read_policy(control_at(a, "Policy"), out->policy);
    read_redrive(control_at(a, "RedrivePolicy"), out);
    return FAIL_NONE;
}
