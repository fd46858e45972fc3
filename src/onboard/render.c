/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A prefix has a form of its own in each kind of document: in a policy of IAM wildcards and '$' are
 * escaped, in a notification it is encoded as a URL, in an event pattern and for people it is
 * plain. So PREFIX is set again before each kind is filled.
 */
#include "onboard/render.h"

#include "base/alloc.h"
#include "codec/policy.h"
#include "codec/url.h"
#include "onboard/data.h"
#include "onboard/refuse.h"
#include "onboard/writers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES = 1 << 20, NAME_BYTES = 4096, VALUES = 56 };

enum document {
    DOC_TRUST_POLICY,
    DOC_ROLE_POLICY,
    DOC_KEY_STATEMENT,
    DOC_NOTIFICATION,
    DOC_TOPIC_POLICY,
    DOC_EVENT_PATTERN,
    DOC_EVENT_TARGETS,
    DOC_EVENTS_TRUST_POLICY,
    DOC_EVENTS_POLICY,
    DOC_QUEUE_POLICY,
    DOC_REDRIVE_POLICY,
    DOC_REDRIVE_ALLOW_POLICY,
    DOC_WORKER_POLICY,
    DOCUMENTS
};

static const char *const document_names[DOCUMENTS] = {
    [DOC_TRUST_POLICY] = "TRUST_POLICY",     [DOC_ROLE_POLICY] = "ROLE_POLICY",
    [DOC_KEY_STATEMENT] = "KEY_STATEMENT",   [DOC_NOTIFICATION] = "NOTIFICATION",
    [DOC_TOPIC_POLICY] = "TOPIC_POLICY",     [DOC_EVENT_PATTERN] = "EVENT_PATTERN",
    [DOC_EVENT_TARGETS] = "EVENT_TARGETS",   [DOC_EVENTS_TRUST_POLICY] = "EVENTS_TRUST_POLICY",
    [DOC_EVENTS_POLICY] = "EVENTS_POLICY",   [DOC_QUEUE_POLICY] = "QUEUE_POLICY",
    [DOC_REDRIVE_POLICY] = "REDRIVE_POLICY", [DOC_REDRIVE_ALLOW_POLICY] = "REDRIVE_ALLOW_POLICY",
    [DOC_WORKER_POLICY] = "WORKER_POLICY",
};

struct render {
    const struct model *model;
    const struct conf *conf;
    const char *partition;
    struct json_object *documents[DOCUMENTS];
    struct tree_value values[VALUES + 1];
    size_t value_count;
    char *owned[VALUES]; /* texts of values that are not the model's */
    size_t owned_count;
    size_t next;
    struct buf text;
};

/* ---- Values ---- */

static void add_value(struct render *r, const char *name, const char *text)
{
    assert(r->value_count < VALUES);
    r->values[r->value_count++] = (struct tree_value){.name = name, .text = text};
}

/* Take over the content of a buffer as a value. */
static void add_owned(struct render *r, const char *name, struct buf *text)
{
    char *copy = mem_text_of(buf_span(text));
    r->owned[r->owned_count++] = copy;
    add_value(r, name, copy);
    buf_done(text);
}

static const char *value_of(const struct render *r, const char *name)
{
    const struct tree_value *v = r->values;
    while (strcmp(v->name, name) != 0) {
        v++;
    }
    return v->text;
}

static void add_field(struct render *r, const char *name, enum model_field f)
{
    add_value(r, name, model_get(r->model, f));
}

static void add_flag(struct render *r, const char *name, bool set)
{
    add_value(r, name, set ? "true" : "");
}

static void add_part(struct render *r, const char *name, enum model_field arn, int part)
{
    struct buf text = BUF_INIT(NAME_BYTES);
    buf_add(&text, arn_part(model_get(r->model, arn), part));
    add_owned(r, name, &text);
}

/* The name after the last slash of a role's ARN. */
static void add_role_name(struct render *r, const char *name, const char *arn)
{
    const char *slash = strrchr(arn, '/');
    add_value(r, name, slash != NULL ? slash + 1 : arn);
}

static void add_dead_letter_queue(struct render *r)
{
    struct buf name = BUF_INIT(NAME_BYTES);
    struct buf arn = BUF_INIT(NAME_BYTES);
    struct buf url = BUF_INIT(NAME_BYTES);
    const char *queue = model_get(r->model, MODEL_QUEUE_ARN);
    buf_addf(&name, "%.*s-dead", SPAN_FMT(arn_part(queue, 5)));
    buf_addf(&arn, "%s-dead", queue);
    buf_addf(&url, "%s-dead", model_get(r->model, MODEL_QUEUE_URL));
    add_owned(r, "DEAD_LETTER_QUEUE_NAME", &name);
    add_owned(r, "DEAD_LETTER_QUEUE_URL", &url);
    add_owned(r, "DEAD_LETTER_QUEUE_ARN", &arn);
}

/* "PREFIX-ID" as a name in the customer's account, and its ARN. */
static void add_named(struct render *r, const char *const names[2], const char *kind,
                      const char *region)
{
    struct buf name = BUF_INIT(NAME_BYTES);
    struct buf arn = BUF_INIT(NAME_BYTES);
    const char *service = strcmp(kind, "") == 0        ? "sns"
                          : strcmp(kind, "rule/") == 0 ? "events"
                                                       : "iam";
    buf_addf(&name, "asymptote-events-%s", model_get(r->model, MODEL_ID));
    buf_addf(&arn, "arn:%s:%s:%s:%s:%s%s", r->partition, service, region,
             model_get(r->model, MODEL_ACCOUNT), kind, name.p);
    add_owned(r, names[0], &name);
    add_owned(r, names[1], &arn);
}

/* The default of session_name, which STS limits to 64 characters. */
static void add_session_name(struct render *r)
{
    char name[64 + 1];
    (void)snprintf(name, sizeof(name), "asymptote-ingest-%s", model_get(r->model, MODEL_ID));
    struct buf text = BUF_INIT(NAME_BYTES);
    buf_add(&text, span_str(name));
    add_owned(r, "SESSION_NAME", &text);
}

static void add_notification_names(struct render *r)
{
    const char *via = model_get(r->model, MODEL_VIA);
    const char *region = model_get(r->model, MODEL_REGION);
    struct buf id = BUF_INIT(NAME_BYTES);
    buf_addf(&id, "asymptote-ingest-%s", model_get(r->model, MODEL_ID));
    add_owned(r, "NOTIFICATION_ID", &id);
    add_session_name(r);
    add_flag(r, "S3", strcmp(via, "s3") == 0);
    add_flag(r, "SNS", strcmp(via, "sns") == 0);
    add_flag(r, "EVENTBRIDGE", strcmp(via, "eventbridge") == 0);
    add_named(r, (const char *const[]){"TOPIC_NAME", "TOPIC_ARN"}, "", region);
    add_named(r, (const char *const[]){"EVENTS_RULE_NAME", "EVENTS_RULE_ARN"}, "rule/", region);
    add_named(r, (const char *const[]){"EVENTS_ROLE_NAME", "EVENTS_ROLE_ARN"}, "role/asymptote/",
              "");
}

static void add_values(struct render *r)
{
    bool shared = render_queue_customers(r->model, r->conf) > 1;
    add_value(r, "PREFIX", "");
    add_field(r, "CUSTOMER", MODEL_ID);
    add_field(r, "BUCKET", MODEL_BUCKET);
    add_field(r, "REGION", MODEL_REGION);
    add_field(r, "CUSTOMER_ACCOUNT", MODEL_ACCOUNT);
    add_part(r, "OPERATOR_ACCOUNT", MODEL_QUEUE_ARN, 4);
    add_field(r, "EXTERNAL_ID", MODEL_EXTERNAL_ID);
    add_field(r, "CUSTOMER_ROLE_ARN", MODEL_ROLE);
    add_role_name(r, "ROLE_NAME", model_get(r->model, MODEL_ROLE));
    add_field(r, "WORKER_ROLE_ARN", MODEL_WORKER_ROLE);
    add_role_name(r, "WORKER_ROLE_NAME", model_get(r->model, MODEL_WORKER_ROLE));
    add_field(r, "KMS_KEY_ARN", MODEL_KMS_KEY);
    add_flag(r, "VERSIONED", strcmp(model_get(r->model, MODEL_VERSIONED), "true") == 0);
    add_field(r, "ACCESS_POINT", MODEL_ACCESS_POINT);
    add_field(r, "QUEUE_ARN", MODEL_QUEUE_ARN);
    add_field(r, "QUEUE_URL", MODEL_QUEUE_URL);
    add_part(r, "QUEUE_NAME", MODEL_QUEUE_ARN, 5);
    add_part(r, "QUEUE_REGION", MODEL_QUEUE_ARN, 3);
    add_flag(r, "SHARED_QUEUE", shared);
    add_flag(r, "OWN_QUEUE", !shared);
    add_dead_letter_queue(r);
    add_notification_names(r);
}

/* Set PREFIX, which is the first value. The buffer's content is taken over. */
static void set_prefix(struct render *r, struct buf *text)
{
    char *copy = mem_text_of(buf_span(text));
    r->owned[r->owned_count++] = copy;
    r->values[0].text = copy;
    buf_done(text);
}

static void use_prefix_of_policies(struct render *r)
{
    struct buf text = BUF_INIT(NAME_BYTES);
    policy_add_literal(&text, span_str(model_get(r->model, MODEL_PREFIX)));
    set_prefix(r, &text);
}

void render_filter(struct buf *out, struct span prefix)
{
    for (; prefix.n > 0; prefix = span_from(prefix, 1)) {
        if (prefix.p[0] == ' ') {
            buf_add_byte(out, '+');
        } else {
            url_encode_path(out, span_of(prefix.p, 1));
        }
    }
}

static void use_prefix_of_filters(struct render *r)
{
    struct buf text = BUF_INIT(NAME_BYTES);
    render_filter(&text, span_str(model_get(r->model, MODEL_PREFIX)));
    set_prefix(r, &text);
}

static void use_plain_prefix(struct render *r)
{
    r->values[0].text = model_get(r->model, MODEL_PREFIX);
}

/* ---- Documents ---- */

static struct json_object *filled(const struct render *r, const char *name)
{
    return tree_fill(data_text(name), r->values, r->partition);
}

static void add_document(struct render *r, enum document d, struct json_object *t)
{
    assert(r->value_count < VALUES);
    r->documents[d] = t;
    r->values[r->value_count++] = (struct tree_value){.name = document_names[d], .tree = t};
}

/* Append the statements of a policy to another one. Takes over `more`. */
static void add_statements(struct json_object *policy, struct json_object *more)
{
    struct json_object *to = json_object_object_get(policy, "Statement");
    struct json_object *from = json_object_object_get(more, "Statement");
    for (size_t i = 0; i < json_object_array_length(from); i++) {
        (void)json_object_array_add(to, json_object_get(json_object_array_get_idx(from, i)));
    }
    (void)json_object_put(more);
}

static struct json_object *role_policy(const struct render *r)
{
    bool through = model_has(r->model, MODEL_ACCESS_POINT);
    struct json_object *policy =
        filled(r, through ? "access-point-policy.json" : "role-policy.json");
    if (!through && tree_holds(SPAN("VERSIONED"), r->values)) {
        add_statements(policy, filled(r, "versions-policy.json"));
    }
    if (model_has(r->model, MODEL_KMS_KEY)) {
        add_statements(policy, filled(r, "kms-policy.json"));
    }
    return policy;
}

static const char *by_via(const struct render *r, const char *s3, const char *sns,
                          const char *eventbridge)
{
    const char *via = model_get(r->model, MODEL_VIA);
    return strcmp(via, "s3") == 0 ? s3 : strcmp(via, "sns") == 0 ? sns : eventbridge;
}

static bool shares_queue(const struct model *m, const struct customer_conf *other)
{
    return other->queue_name != NULL && other->id != NULL && other->bucket != NULL &&
           other->account_id != NULL && strcmp(other->queue_name, model_get(m, MODEL_QUEUE)) == 0 &&
           strcmp(other->id, model_get(m, MODEL_ID)) != 0;
}

size_t render_queue_customers(const struct model *m, const struct conf *conf)
{
    size_t n = 1;
    for (size_t i = 0; conf != NULL && i < conf->customer_count; i++) {
        n += shares_queue(m, &conf->customers[i]) ? 1 : 0;
    }
    return n;
}

/* The statement of another customer of the queue; only S3's own notifications share one. */
static struct json_object *statement_of(const struct render *r, const struct customer_conf *other)
{
    const struct tree_value values[] = {
        {.name = "CUSTOMER", .text = other->id},
        {.name = "BUCKET", .text = other->bucket},
        {.name = "CUSTOMER_ACCOUNT", .text = other->account_id},
        {.name = "QUEUE_ARN", .text = model_get(r->model, MODEL_QUEUE_ARN)},
        {.name = NULL},
    };
    return tree_fill(data_text("queue-policy.json"), values, r->partition);
}

static struct json_object *queue_policy(const struct render *r)
{
    struct json_object *policy = filled(r, by_via(r, "queue-policy.json", "queue-policy-sns.json",
                                                  "queue-policy-eventbridge.json"));
    for (size_t i = 0; r->conf != NULL && i < r->conf->customer_count; i++) {
        if (shares_queue(r->model, &r->conf->customers[i])) {
            add_statements(policy, statement_of(r, &r->conf->customers[i]));
        }
    }
    return policy;
}

static void add_documents(struct render *r)
{
    use_prefix_of_policies(r);
    add_document(r, DOC_TRUST_POLICY, filled(r, "trust-policy.json"));
    add_document(r, DOC_ROLE_POLICY, role_policy(r));
    add_document(r, DOC_KEY_STATEMENT, filled(r, "key-statement.json"));
    add_document(r, DOC_TOPIC_POLICY, filled(r, "topic-policy.json"));
    add_document(r, DOC_EVENTS_TRUST_POLICY, filled(r, "events-trust-policy.json"));
    add_document(r, DOC_EVENTS_POLICY, filled(r, "events-policy.json"));
    add_document(r, DOC_QUEUE_POLICY, queue_policy(r));
    add_document(r, DOC_REDRIVE_POLICY, filled(r, "redrive-policy.json"));
    add_document(r, DOC_REDRIVE_ALLOW_POLICY, filled(r, "redrive-allow-policy.json"));
    add_document(r, DOC_WORKER_POLICY, filled(r, "worker-policy.json"));
    use_prefix_of_filters(r);
    add_document(r, DOC_NOTIFICATION,
                 filled(r, by_via(r, "notification.json", "topic-notification.json",
                                  "eventbridge-notification.json")));
    use_plain_prefix(r);
    add_document(r, DOC_EVENT_PATTERN, filled(r, "event-pattern.json"));
    add_document(r, DOC_EVENT_TARGETS, filled(r, "event-targets.json"));
}

/* Attributes of queues are texts, also those that are documents. */
static void add_attribute_texts(struct render *r)
{
    static const struct {
        const char *name;
        enum document document;
    } texts[] = {{"QUEUE_POLICY_TEXT", DOC_QUEUE_POLICY},
                 {"REDRIVE_POLICY_TEXT", DOC_REDRIVE_POLICY},
                 {"REDRIVE_ALLOW_POLICY_TEXT", DOC_REDRIVE_ALLOW_POLICY}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct buf text = BUF_INIT(TEXT_BYTES);
        tree_print_compact(r->documents[texts[i].document], &text);
        add_owned(r, texts[i].name, &text);
    }
}

struct render *render_new(const struct model *m, const struct conf *conf)
{
    struct render *r = mem_zeros(1, sizeof(*r));
    r->model = m;
    r->conf = conf;
    r->partition = model_partition(m);
    r->text = (struct buf)BUF_INIT(TEXT_BYTES);
    add_values(r);
    add_documents(r);
    add_attribute_texts(r);
    return r;
}

void render_free(struct render *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < DOCUMENTS; i++) {
        (void)json_object_put(r->documents[i]);
    }
    for (size_t i = 0; i < r->owned_count; i++) {
        free(r->owned[i]);
    }
    buf_done(&r->text);
    free(r);
}

struct json_object *render_notification(const struct render *r)
{
    return r->documents[DOC_NOTIFICATION];
}

const char *render_notification_id(const struct render *r)
{
    return value_of(r, "NOTIFICATION_ID");
}

/* ---- Files ---- */

enum format {
    FORMAT_DOCUMENT,
    FORMAT_JSON,
    FORMAT_SCRIPT,
    FORMAT_HCL,
    FORMAT_MARKDOWN,
    FORMAT_TEXT
};

static const struct file_row {
    const char *path;
    enum format format;
    enum document document; /* FORMAT_DOCUMENT */
    const char *skeleton;   /* else */
    const char *condition;  /* NULL: always */
} files[] = {
    {"letter.md", FORMAT_MARKDOWN, 0, "letter.md", NULL},
    {"letter.txt", FORMAT_TEXT, 0, "letter.md", NULL},
    {"customer/trust-policy.json", FORMAT_DOCUMENT, DOC_TRUST_POLICY, NULL, NULL},
    {"customer/role-policy.json", FORMAT_DOCUMENT, DOC_ROLE_POLICY, NULL, NULL},
    {"customer/key-statement.json", FORMAT_DOCUMENT, DOC_KEY_STATEMENT, NULL, "KMS_KEY_ARN"},
    {"customer/notification.json", FORMAT_DOCUMENT, DOC_NOTIFICATION, NULL, NULL},
    {"customer/topic-policy.json", FORMAT_DOCUMENT, DOC_TOPIC_POLICY, NULL, "SNS"},
    {"customer/event-pattern.json", FORMAT_DOCUMENT, DOC_EVENT_PATTERN, NULL, "EVENTBRIDGE"},
    {"customer/event-targets.json", FORMAT_DOCUMENT, DOC_EVENT_TARGETS, NULL, "EVENTBRIDGE"},
    {"customer/events-trust-policy.json", FORMAT_DOCUMENT, DOC_EVENTS_TRUST_POLICY, NULL,
     "EVENTBRIDGE"},
    {"customer/events-policy.json", FORMAT_DOCUMENT, DOC_EVENTS_POLICY, NULL, "EVENTBRIDGE"},
    {"customer/commands.sh", FORMAT_SCRIPT, 0, "customer-commands.json", NULL},
    {"customer/notifications.sh", FORMAT_SCRIPT, 0, "customer-notifications.json", NULL},
    {"customer/template.json", FORMAT_JSON, 0, "customer-stack.json", NULL},
    {"customer/main.tf", FORMAT_HCL, 0, "customer-terraform.json", NULL},
    {"operator/queue-policy.json", FORMAT_DOCUMENT, DOC_QUEUE_POLICY, NULL, NULL},
    {"operator/worker-policy.json", FORMAT_DOCUMENT, DOC_WORKER_POLICY, NULL, NULL},
    {"operator/queue-attributes.json", FORMAT_JSON, 0, "queue-attributes.json", "OWN_QUEUE"},
    {"operator/dead-letter-queue-attributes.json", FORMAT_JSON, 0,
     "dead-letter-queue-attributes.json", "OWN_QUEUE"},
    {"operator/queue-policy-attribute.json", FORMAT_JSON, 0, "queue-policy-attribute.json",
     "SHARED_QUEUE"},
    {"operator/commands.sh", FORMAT_SCRIPT, 0, "operator-commands.json", NULL},
    {"operator/subscribe.sh", FORMAT_SCRIPT, 0, "operator-subscribe.json", "SNS"},
    {"operator/template.json", FORMAT_JSON, 0, "operator-stack.json", NULL},
    {"operator/main.tf", FORMAT_HCL, 0, "operator-terraform.json", NULL},
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

static void write_file(struct render *r, const struct file_row *f)
{
    struct letter_style style = {r->values, f->format == FORMAT_MARKDOWN};
    if (f->format == FORMAT_DOCUMENT) {
        tree_print(r->documents[f->document], &r->text);
        return;
    }
    if (f->format == FORMAT_MARKDOWN || f->format == FORMAT_TEXT) {
        letter_write(data_text(f->skeleton), &style, &r->text);
        return;
    }
    OWNED(tree) struct json_object *t = filled(r, f->skeleton);
    if (f->format == FORMAT_JSON) {
        tree_print(t, &r->text);
    } else if (f->format == FORMAT_SCRIPT) {
        shell_write(t, &r->text);
    } else {
        hcl_write(t, &r->text);
    }
}

bool render_next(struct render *r, struct render_file *out)
{
    while (r->next < FILES) {
        const struct file_row *f = &files[r->next++];
        if (f->condition == NULL || tree_holds(span_str(f->condition), r->values)) {
            buf_clear(&r->text);
            write_file(r, f);
            *out = (struct render_file){f->path, buf_span(&r->text), f->format == FORMAT_SCRIPT};
            return true;
        }
    }
    return false;
}
