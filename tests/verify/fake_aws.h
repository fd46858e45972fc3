/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_aws.h - AWS for the tests of verify/: replaces the clients of net/. Each call succeeds or is
 * denied as for a customer that is set up correctly, unless its answer is set.
 *
 *     aws = (struct fake_aws){.answers[CALL_READ] = FAIL_KMS};
 *
 * The answers are constant while threads run.
 */
#ifndef TESTS_VERIFY_FAKE_AWS_H
#define TESTS_VERIFY_FAKE_AWS_H

#include "testing.h"

#include "net/s3.h"
#include "net/sink.h"
#include "net/sqs.h"
#include "net/sts.h"
#include "net/tail.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum fake_call {
    CALL_OWN_CREDS,
    CALL_OWN_IDENTITY,
    CALL_SESSION,
    CALL_NO_ID,
    CALL_WRONG_ID,
    CALL_OTHER_ID,
    CALL_SESSION_IDENTITY,
    CALL_LIST,
    CALL_READ,
    CALL_VERSION,
    CALL_SAMPLE,
    CALL_OUTSIDE_LIST,
    CALL_OUTSIDE_READ,
    CALL_ANONYMOUS,
    CALL_QUEUE,
    CALL_TOPIC,
    CALL_EXPLAIN,
    CALL_DESCRIBE,
    CALLS
};

enum { DONE = FAIL_KINDS }; /* an answer: the call succeeds */

struct fake_aws {
    int answers[CALLS];  /* 0: as for a correct customer; DONE, or an error */
    const char *account; /* of the session; NULL: the right one */
    const char *denied;  /* the permission that S3 names outside of the prefix */
    const char *encryption, *kms_key, *version;
    const struct s3_entry *entries; /* below the prefix */
    int entry_count;
    struct sqs_attributes queue;
    enum err_kind dead; /* of the attributes of the dead-letter queue */
    struct sink_topic_facts topic;
    bool few_replicas;
    bool silent; /* FAIL_AGAIN is a host that does not answer */
    int repeat;  /* the last entry is listed this many times more */
};
static struct fake_aws aws;
static atomic_int fake_sources; /* that exist */

enum fake_who { FAKE_OWN, FAKE_READER, FAKE_ROLE };
struct creds_source {
    enum fake_who who;
};

static enum err_kind fake_answer(enum fake_call call, enum err_kind usual, struct err *e)
{
    int answer = aws.answers[call] != 0 ? aws.answers[call] : (int)usual;
    err_clear(e);
    if (answer == DONE || answer == FAIL_NONE) {
        return FAIL_NONE;
    }
    if (aws.silent && answer == FAIL_AGAIN) {
        (void)snprintf(e->host, sizeof(e->host), "host%d", (int)call);
    }
    (void)snprintf(e->code, sizeof(e->code), "Code%d", answer);
    (void)snprintf(e->request_id, sizeof(e->request_id), "R%d", (int)call);
    return err_set(e, (enum err_kind)answer, "answer %d", answer);
}

/* ---- Credentials ---- */

enum err_kind creds_get(struct creds_source *s, struct creds *out, struct err *e)
{
    *out = (struct creds){.secret_access_key = "secret"};
    return fake_answer(s->who == FAKE_OWN ? CALL_OWN_CREDS : CALL_SESSION, FAIL_NONE, e);
}

const char *creds_source_name(const struct creds_source *s UNUSED)
{
    return "environment";
}

struct sts *creds_source_sts(struct creds_source *s)
{
    assert_int_equal(s->who, FAKE_OWN);
    return NULL;
}

struct creds_source *creds_source_role(struct creds_source *parent UNUSED,
                                       const struct creds_settings *settings UNUSED,
                                       const struct role_request *r, struct err *e UNUSED)
{
    struct creds_source *s = calloc(1, sizeof(*s));
    s->who = r->policy != NULL ? FAKE_READER : FAKE_ROLE;
    (void)atomic_fetch_add(&fake_sources, 1);
    return s;
}

void creds_source_free(struct creds_source *s)
{
    (void)atomic_fetch_sub(&fake_sources, s != NULL ? 1 : 0);
    free(s);
}

/* ---- STS ---- */

enum err_kind sts_get_caller_identity(struct sts *sts UNUSED, struct creds_source *caller,
                                      struct sts_identity *who, struct err *e)
{
    bool own = caller->who == FAKE_OWN;
    const char *account = aws.account != NULL ? aws.account : "444455556666";
    *who = (struct sts_identity){.arn = "arn:aws:sts::111122223333:assumed-role/worker/i-1"};
    (void)snprintf(who->account, sizeof(who->account), "%s", own ? "111122223333" : account);
    return fake_answer(own ? CALL_OWN_IDENTITY : CALL_SESSION_IDENTITY, FAIL_NONE, e);
}

void sts_wrong_external_id(char out[STS_WRONG_ID_BYTES])
{
    (void)snprintf(out, STS_WRONG_ID_BYTES, "wrong");
}

enum err_kind sts_try_external_id(struct sts *sts UNUSED, struct creds_source *caller UNUSED,
                                  const struct role_request *r UNUSED, const char *id, bool *let_in,
                                  struct err *e)
{
    enum fake_call call = id == NULL                 ? CALL_NO_ID
                          : strcmp(id, "wrong") == 0 ? CALL_WRONG_ID
                                                     : CALL_OTHER_ID;
    enum err_kind kind = fake_answer(call, FAIL_DENIED, e);
    *let_in = kind == FAIL_NONE;
    return kind == FAIL_DENIED ? FAIL_NONE : kind;
}

/* ---- S3 ---- */

struct s3 {
    int unused;
};

struct s3 *s3_new(const struct s3_settings *settings UNUSED)
{
    return calloc(1, sizeof(struct s3));
}

void s3_free(struct s3 *s)
{
    free(s);
}

struct s3_list {
    enum err_kind kind;
    struct err err;
    int at;
    bool outside;
};

struct s3_list *s3_list_new(struct s3 *s UNUSED, const struct s3_object *where,
                            struct creds_source *creds, struct span start_after UNUSED)
{
    struct s3_list *l = calloc(1, sizeof(*l));
    l->outside = creds->who == FAKE_ROLE;
    assert_true(l->outside || span_eq(where->key, SPAN("logs/")));
    l->kind = fake_answer(l->outside ? CALL_OUTSIDE_LIST : CALL_LIST,
                          l->outside ? FAIL_DENIED : FAIL_NONE, &l->err);
    return l;
}

void s3_list_free(struct s3_list *l)
{
    free(l);
}

bool s3_list_next(struct s3_list *l, struct s3_entry *out, struct err *e)
{
    *e = l->err;
    int last = aws.entry_count - 1;
    if (l->kind != FAIL_NONE || l->outside || l->at >= aws.entry_count + aws.repeat) {
        return false;
    }
    *out = aws.entries[l->at < last ? l->at : last];
    l->at++;
    return true;
}

enum err_kind s3_peek(struct s3 *s UNUSED, const struct s3_object *o, struct creds_source *creds,
                      size_t bytes, struct s3_peek *out, struct err *e)
{
    enum fake_call call = creds == NULL             ? CALL_ANONYMOUS
                          : creds->who == FAKE_ROLE ? CALL_OUTSIDE_READ
                          : o->version_id.n > 0     ? CALL_VERSION
                          : bytes == S3_PEEK_BYTES  ? CALL_SAMPLE
                                                    : CALL_READ;
    bool must_fail = call == CALL_ANONYMOUS || call == CALL_OUTSIDE_READ;
    *out = (struct s3_peek){.body = SPAN("{}\n")};
    assert_int_equal(bytes, call == CALL_SAMPLE ? S3_PEEK_BYTES : 1);
    assert_int_equal(o->owner.n, creds == NULL ? 0 : 12);
    (void)snprintf(out->encryption, sizeof(out->encryption), "%s",
                   aws.encryption != NULL ? aws.encryption : "AES256");
    (void)snprintf(out->kms_key, sizeof(out->kms_key), "%s",
                   aws.kms_key != NULL ? aws.kms_key : "");
    (void)snprintf(out->meta.version, sizeof(out->meta.version), "%s",
                   aws.version != NULL ? aws.version : "etag");
    out->meta.version_is_etag = aws.version == NULL;
    (void)snprintf(out->denied, sizeof(out->denied), "%s",
                   aws.denied != NULL ? aws.denied : "s3:GetObject");
    return fake_answer(call, must_fail ? FAIL_DENIED : FAIL_NONE, e);
}

/* ---- SQS ---- */

struct sqs_queue *sqs_queue_new(const struct sqs_settings *settings UNUSED, const char *url UNUSED,
                                const char *region UNUSED, struct err *e UNUSED)
{
    static char any;
    return (struct sqs_queue *)(void *)&any;
}

void sqs_queue_free(struct sqs_queue *q UNUSED)
{
}

static char dead_letter_queue;

struct sqs_queue *sqs_queue_beside(const struct sqs_queue *q UNUSED, const char *arn,
                                   struct err *e UNUSED)
{
    assert_string_equal(arn, aws.queue.dead_letter_arn);
    return (struct sqs_queue *)(void *)&dead_letter_queue;
}

enum err_kind sqs_get_attributes(struct sqs_queue *q, struct sqs_attributes *out, struct err *e)
{
    if (q == (struct sqs_queue *)(void *)&dead_letter_queue) {
        *out = (struct sqs_attributes){.visible = 0};
        return aws.dead == FAIL_NONE ? FAIL_NONE : err_set(e, aws.dead, "sqs: AccessDenied");
    }
    *out = aws.queue;
    return fake_answer(CALL_QUEUE, FAIL_NONE, e);
}

/* ---- Kafka ---- */

enum err_kind sink_topic_check(struct sink *s UNUSED, const char *name, int timeout_ms UNUSED,
                               struct err *e)
{
    assert_true(strncmp(name, "events-cust-", 12) == 0 || strcmp(name, "rejects") == 0);
    return fake_answer(CALL_TOPIC, FAIL_NONE, e);
}

enum err_kind sink_topic_explain(struct sink *s UNUSED, const char *name UNUSED,
                                 int timeout_ms UNUSED, struct err *e)
{
    enum err_kind kind = fake_answer(CALL_EXPLAIN, FAIL_NONE, e);
    if (kind != FAIL_NONE && aws.few_replicas) {
        err_copy(e->code, sizeof(e->code), SPAN("NOT_ENOUGH_REPLICAS"));
    }
    return kind;
}

enum err_kind sink_topic_describe(struct sink *s UNUSED, const char *name UNUSED,
                                  int timeout_ms UNUSED, struct sink_topic_facts *out,
                                  struct err *e)
{
    *out = aws.topic;
    return fake_answer(CALL_DESCRIBE, FAIL_NONE, e);
}

/* The canary is tested with a real Kafka: integration/test_verify_canary.py. */
struct tail *tail_new(const struct tail_config *c UNUSED, const char *const *topics UNUSED,
                      size_t count UNUSED, struct err *e)
{
    (void)err_set(e, FAIL_AGAIN, "no topics");
    return NULL;
}

void tail_free(struct tail *t UNUSED)
{
}

bool tail_next(struct tail *t UNUSED, int timeout_ms UNUSED, struct tail_record *out UNUSED,
               struct err *e UNUSED)
{
    abort();
}

size_t sink_max_bytes(const struct sink *s UNUSED)
{
    return 1000000;
}

#endif
