/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/model.h"

#include "base/alloc.h"
#include "codec/control.h"
#include "codec/endpoint.h"
#include "conf/prefix.h"
#include "onboard/refuse.h"
#include "onboard/tree.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    FILE_BYTES = 64 * 1024,
    FILE_CONTAINERS = 16,
    VALUE_BYTES = 4096,
    NAME_PART = 8, /* characters of the external id in the role's name */
    EXTERNAL_ID_BYTES = 16,
};

const struct model_row model_rows[MODEL_FIELDS] = {
    [MODEL_ID] = {"id", "id", NULL, "Id of the customer",
                  "It is part of topics, keys, events and logs and cannot be changed later.",
                  "acme", true, refuse_customer_id},
    [MODEL_ACCOUNT] = {"account_id", "account_id", NULL, "AWS account id of the customer",
                       "Every request names it as the expected owner of the bucket.",
                       "444455556666", true, refuse_account},
    [MODEL_BUCKET] = {"bucket", "bucket", NULL, "Bucket",
                      "It is read by the worker, and its notifications name the objects.",
                      "acme-agent-events", true, refuse_bucket},
    [MODEL_PREFIX] = {"prefix", "prefix", NULL, "Prefix of the event files",
                      "Only keys under it are read; a path, or a URL s3://bucket/path/.",
                      "asymptote/events", true, model_refuse_prefix},
    [MODEL_REGION] = {"region", "region", NULL, "Region of the bucket",
                      "The queue must be in it, since S3 notifies no other region.", "eu-west-1",
                      true, model_refuse_region},
    [MODEL_KMS_KEY] =
        {"kms_key_arn", "kms_key_arn", NULL, "ARN of the KMS key (empty: SSE-S3, no key)",
         "The role must be allowed to decrypt with it.",
         "arn:aws:kms:eu-west-1:444455556666:key/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", false,
         refuse_kms_key},
    [MODEL_VERSIONED] = {"versioned", "versioned", "false",
                         "Is the bucket versioned (true or false)",
                         "The worker then reads exactly the version that the notification names.",
                         "true", false, model_refuse_bool},
    [MODEL_VIA] = {"via", "via", "s3", "How notifications reach the queue (s3, sns, eventbridge)",
                   "S3 sends them itself, unless another rule of the bucket overlaps the prefix.",
                   "s3", false, model_refuse_via},
    [MODEL_ACCESS_POINT] = {"access_point", "access_point", NULL,
                            "ARN of an access point for reading (empty: none)",
                            "Reads then go through it; notifications name the bucket.",
                            "arn:aws:s3:eu-west-1:444455556666:accesspoint/events", false,
                            refuse_access_point},
    [MODEL_QUEUE] = {"queue", "queue", NULL, "Name of the queue in the configuration",
                     "With a queue of its own no other customer delays this one.", "acme", true,
                     refuse_name},
    [MODEL_WORKER_ROLE] = {"worker_role_arn", NULL, NULL, "ARN of the worker's role",
                           "The customer's role trusts it, and nothing else.",
                           "arn:aws:iam::111122223333:role/ingest-worker", true, refuse_role},
    [MODEL_FORMAT] = {"format", NULL, "JSONL", "Format of the files",
                      "For the records only: the worker detects it.", "JSONL", false,
                      model_refuse_words},
    [MODEL_CADENCE] = {"cadence", "cadence", NULL, "How often files are written (empty: not known)",
                       "Without a notification for three times as long the worker says that the "
                       "customer is silent.",
                       "every 5 minutes", false, model_refuse_cadence},
    [MODEL_VOLUME] = {"volume", "daily_volume", NULL, "How much is written (empty: not known)",
                      "More than three times as much in a day is said to be far above.", "2 GB/day",
                      false, model_refuse_volume},
    [MODEL_EXTERNAL_ID] = {"external_id", "external_id", NULL, NULL, NULL, NULL, true,
                           refuse_external_id},
    [MODEL_ROLE] = {"role_arn", "role_arn", NULL, NULL, NULL, NULL, true, refuse_role},
    [MODEL_QUEUE_URL] = {"queue_url", NULL, NULL, NULL, NULL, NULL, true, refuse_queue_url},
    [MODEL_QUEUE_ARN] = {"queue_arn", NULL, NULL, NULL, NULL, NULL, true, model_refuse_queue_arn},
};

struct model *model_new(void)
{
    struct model *m = mem_zeros(1, sizeof(*m));
    for (size_t i = 0; i < MODEL_FIELDS; i++) {
        m->values[i] = mem_text("");
    }
    m->prefix_written = mem_text("");
    return m;
}

void model_free(struct model *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < MODEL_FIELDS; i++) {
        free(m->values[i]);
    }
    free(m->prefix_written);
    free(m);
}

const char *model_get(const struct model *m, enum model_field f)
{
    return m->values[f];
}

bool model_has(const struct model *m, enum model_field f)
{
    return m->values[f][0] != '\0';
}

void model_set(struct model *m, enum model_field f, struct span text)
{
    char *copy = mem_text_of(text);
    free(m->values[f]);
    m->values[f] = copy;
}

const char *model_partition(const struct model *m)
{
    return partition_of(span_str(model_get(m, MODEL_REGION)))->name;
}

/* ---- Derived values ---- */

void model_new_external_id(struct model *m)
{
    unsigned char bits[EXTERNAL_ID_BYTES];
    char text[2 * EXTERNAL_ID_BYTES + 1];
    if (getrandom(bits, sizeof(bits), 0) != (ssize_t)sizeof(bits)) {
        abort(); /* cannot happen: up to 256 bytes are returned without interruption */
    }
    for (size_t i = 0; i < sizeof(bits); i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)bits[i]);
    }
    model_set(m, MODEL_EXTERNAL_ID, span_str(text));
}

/* An external id may have characters that the name of a role may not have. */
void model_add_role_name(const struct model *m, struct buf *out)
{
    const char *id = model_get(m, MODEL_EXTERNAL_ID);
    buf_add(out, SPAN("asymptote-s3-read-"));
    for (size_t i = 0; i < NAME_PART && id[i] != '\0'; i++) {
        buf_add_byte(out, id[i] == ':' || id[i] == '/' ? '-' : id[i]);
    }
}

/* The bucket of an address without a path: s3://BUCKET, or its ARN. */
static void finish_bucket(struct model *m)
{
    struct prefix_parts b = prefix_split(span_str(model_get(m, MODEL_BUCKET)));
    if (b.bucket.n > 0 && b.path.n == 0) {
        model_set(m, MODEL_BUCKET, b.bucket);
    }
}

/* Keep the text for its notes, unless it is what was made of that text before. */
static void keep_written(struct model *m, const char *text)
{
    struct span before = prefix_split(span_str(m->prefix_written)).path;
    if (!span_eq(before, span_str(text))) {
        free(m->prefix_written);
        m->prefix_written = mem_text(text);
    }
}

static void finish_prefix(struct model *m)
{
    keep_written(m, model_get(m, MODEL_PREFIX));
    struct prefix_parts p = prefix_split(span_str(model_get(m, MODEL_PREFIX)));
    if (p.bucket.n > 0) {
        if (model_has(m, MODEL_BUCKET) &&
            !span_eq(p.bucket, span_str(model_get(m, MODEL_BUCKET)))) {
            return; /* stays an address, which model_check refuses */
        }
        model_set(m, MODEL_BUCKET, p.bucket);
    }
    model_set(m, MODEL_PREFIX, p.path);
}

void model_finish_place(struct model *m)
{
    finish_bucket(m);
    finish_prefix(m);
}

static void finish_role(struct model *m)
{
    struct buf arn = BUF_INIT(VALUE_BYTES);
    if (model_has(m, MODEL_ROLE) || !model_has(m, MODEL_EXTERNAL_ID) ||
        refuse_account(model_get(m, MODEL_ACCOUNT)) != NULL) {
        return;
    }
    buf_addf(&arn, "arn:%s:iam::%s:role/asymptote/", model_partition(m),
             model_get(m, MODEL_ACCOUNT));
    model_add_role_name(m, &arn);
    model_set(m, MODEL_ROLE, buf_span(&arn));
    buf_done(&arn);
}

void model_finish(struct model *m)
{
    for (size_t i = 0; i < MODEL_FIELDS; i++) {
        if (!model_has(m, (enum model_field)i) && model_rows[i].standard != NULL) {
            model_set(m, (enum model_field)i, span_str(model_rows[i].standard));
        }
    }
    model_finish_place(m);
    finish_role(m);
}

void model_add_notes(const struct model *m, struct buf *out)
{
    struct buf notes = BUF_INIT(4 * VALUE_BYTES);
    prefix_add_notes(span_str(m->prefix_written), model_get(m, MODEL_BUCKET), &notes);
    for (struct span rest = buf_span(&notes); rest.n > 0;) {
        struct span line = span_take(&rest, strcspn(rest.p, "\n"));
        rest = span_from(rest, 1);
        buf_addf(out, "prefix: %.*s\n", SPAN_FMT(line));
    }
    buf_done(&notes);
}

/* ---- customer.json ---- */

static enum err_kind read_member(struct model *m, const char *name, struct json_object *value,
                                 struct err *e)
{
    struct span text = SPAN("");
    for (size_t i = 0; i < MODEL_FIELDS; i++) {
        if (strcmp(model_rows[i].name, name) != 0) {
            continue;
        }
        if (json_object_is_type(value, json_type_boolean)) {
            text = json_object_get_boolean(value) ? SPAN("true") : SPAN("false");
        } else if (!control_text(value, &text)) {
            return err_set(e, FAIL_DATA, "%s: is not a text", name);
        }
        if (memchr(text.p, '\0', text.n) != NULL || text.n > VALUE_BYTES) {
            return err_set(e, FAIL_DATA, "%s: is too long or has a NUL", name);
        }
        model_set(m, (enum model_field)i, text);
        return FAIL_NONE;
    }
    char shown[80];
    err_copy(shown, sizeof(shown), span_str(name));
    return err_set(e, FAIL_DATA, "%s: is not known; docs/onboard.md lists the members", shown);
}

enum err_kind model_read(struct model *m, struct span text, struct err *e)
{
    static const struct control_limits limits = {FILE_BYTES, FILE_CONTAINERS};
    OWNED(control) struct control *doc = control_read(text, &limits, e);
    if (doc == NULL) {
        return e->kind;
    }
    struct json_object *root = control_root(doc);
    if (!json_object_is_type(root, json_type_object)) {
        return err_set(e, FAIL_DATA, "is not an object");
    }
    struct json_object_iterator at = json_object_iter_begin(root);
    struct json_object_iterator end = json_object_iter_end(root);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        if (read_member(m, json_object_iter_peek_name(&at), json_object_iter_peek_value(&at), e) !=
            FAIL_NONE) {
            return e->kind;
        }
    }
    return FAIL_NONE;
}

void model_write(const struct model *m, struct buf *out)
{
    OWNED(tree) struct json_object *root = json_object_new_object();
    for (size_t i = 0; i < MODEL_FIELDS; i++) {
        if (m->values[i][0] != '\0') {
            (void)json_object_object_add(root, model_rows[i].name,
                                         json_object_new_string(m->values[i]));
        }
    }
    tree_print(root, out);
}
