/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_advice.c - why a customer is not fresh: its error, a cause in words, the first step, and
 * the section of docs/runbook.md. An error of a state that is over is not shown.
 */
#include "monitor/status.h"

static bool any_fails(const struct snapshot_customer *c)
{
    for (size_t i = 0; i < CUSTOMER_PARTIES; i++) {
        if (c->trouble.fails[i]) {
            return true;
        }
    }
    return false;
}

/* Its error is that of messages that were returned; one of a party that fails now is worse. */
static bool is_returned(const struct snapshot_customer *c)
{
    return c->trouble.returned && !any_fails(c);
}

const struct err *status_error(const struct status_row *r)
{
    const struct snapshot_customer *c = r->customer;
    bool now = r->state == STATUS_PAUSED || r->state == STATUS_UNREADABLE ||
               (r->state == STATUS_LATE && (any_fails(c) || is_returned(c) || c->left_lately != 0));
    /* a pause by an operator is no error */
    now = now && !c->trouble.held && !(is_returned(c) && c->trouble.returned_held);
    return now && c->trouble.error.kind != FAIL_NONE ? &c->trouble.error : NULL;
}

/* ---- Cause and advice ---- */

static const struct status_advice of_party[CUSTOMER_PARTIES] = {
    [CUSTOMER_ROLE] =
        {"the role cannot be assumed",
         "run: asymptote-ingest verify -c FILE CUSTOMER --fix-hints; check the role's "
         "trust policy"},
    [CUSTOMER_S3] =
        {"S3 or the KMS key refuses access or does not answer",
         "run: asymptote-ingest verify -c FILE CUSTOMER --fix-hints; check the policies of "
         "role, bucket and key"},
    [CUSTOMER_TOPIC] = {"the customer's topic does not accept records",
                        "check the topic, its partitions and its access list"},
    [CUSTOMER_CREDENTIALS] = {"the session of the role is not renewed",
                              "check STS and the role's trust policy"},
};

static const struct status_advice of_kms = {
    "the KMS key refuses to decrypt",
    "run: asymptote-ingest verify -c FILE CUSTOMER --fix-hints; allow kms:Decrypt in the key's "
    "policy and in the role's"};
static const struct status_advice of_leader = {
    "a partition of the customer's topic has no leader",
    "start the broker that has its replicas, or move them: see 'kafka broker unreachable' in the "
    "log"};
static const struct status_advice of_left = {
    "objects cannot be read, and are left for the dead-letter queue",
    "do what the error says. Their messages come again by themselves, up to 15 minutes later; for "
    "those that are in the dead-letter queue by then, run: asymptote-ingest redrive -c FILE "
    "--customer CUSTOMER"};

static const struct status_advice of_bucket = {
    "the bucket does not exist",
    "correct bucket in the customer's entry, or ask the customer to create it; run: "
    "asymptote-ingest verify -c FILE CUSTOMER --fix-hints"};
static const struct status_advice of_gone = {
    "objects do not exist any more, and their messages are left for the dead-letter queue",
    "ask the customer whether objects are deleted before they are read: then set gone = "
    "\"accept\" in its entry; if none was deleted, run: asymptote-ingest verify -c FILE CUSTOMER "
    "--fix-hints"};

/* Messages that were returned, by what failed then. It may be over: they come back later. */
#define COME_BACK                                                                                  \
    "; if that is over, nothing: their messages come back by themselves at the times of back_off"
#define CHECK_AND_COME_BACK "run: asymptote-ingest verify -c FILE CUSTOMER --fix-hints" COME_BACK
static const struct status_advice of_returned[CUSTOMER_PARTIES + 1] = {
    [CUSTOMER_ROLE] = {"the role could not be assumed, so messages were returned",
                       CHECK_AND_COME_BACK},
    [CUSTOMER_S3] = {"objects could not be read, so their messages were returned",
                     CHECK_AND_COME_BACK},
    [CUSTOMER_TOPIC] = {"Kafka did not take records of objects, so their messages were returned",
                        "check the topic, its partitions and its access list" COME_BACK},
    [CUSTOMER_CREDENTIALS] = {"the session of the role was not valid, so messages were returned",
                              CHECK_AND_COME_BACK},
    [CUSTOMER_PARTIES] = {"messages were returned unread, since it was not verified",
                          CHECK_AND_COME_BACK},
};
static const struct status_advice of_returned_denied = {
    "reading objects was denied, so their messages were returned", CHECK_AND_COME_BACK};
static const struct status_advice of_returned_kms = {
    "the KMS key refused to decrypt, so messages were returned", CHECK_AND_COME_BACK};
static const struct status_advice of_returned_held = {
    "messages were returned while an operator had paused it",
    "nothing: they come back by themselves at the times of back_off"};
static const struct status_advice of_returned_unknown = {
    "messages were returned, and wait for another attempt",
    "nothing, if the cause is over: they come back by themselves at the times of back_off; the "
    "log's lines 'object later' have the cause"};

static struct status_advice advise_returned(const struct customer_trouble *t)
{
    if (t->returned_held) {
        return of_returned_held;
    }
    if (t->returned_by == CUSTOMER_S3 && t->error.kind == FAIL_DENIED) {
        return of_returned_denied;
    }
    bool kms = t->returned_by == CUSTOMER_S3 && t->error.kind == FAIL_KMS;
    return kms ? of_returned_kms : of_returned[t->returned_by];
}

/* Objects that were left, by the error of the last one. */
static struct status_advice advise_left(const struct err *e)
{
    return e->kind == FAIL_GONE ? of_gone : of_left;
}

/* A party that fails, by its error. */
static struct status_advice advise_party(size_t party, const struct err *e)
{
    if (party == CUSTOMER_S3 && e->kind == FAIL_KMS) {
        return of_kms;
    }
    if (party == CUSTOMER_S3 && strcmp(e->code, "NoSuchBucket") == 0) {
        return of_bucket;
    }
    bool leader = party == CUSTOMER_TOPIC && strcmp(e->code, "LEADER_NOT_AVAILABLE") == 0;
    return leader ? of_leader : of_party[party];
}

static struct status_advice advise_late(const struct snapshot *s, const struct snapshot_customer *c)
{
    if (is_returned(c)) {
        return advise_returned(&c->trouble);
    }
    if (c->left_lately != 0) {
        return advise_left(&c->trouble.error);
    }
    if (c->state.back_off != 0) {
        return of_returned_unknown;
    }
    if (status_is_catching_up(s, c) && stats_get(&c->stats.messages_in_flight) == 0) {
        return (struct status_advice){"what was delivered last had waited; this worker holds none",
                                      "nothing: this ends 5 minutes after that delivery, unless "
                                      "others come late, too"};
    }
    if (status_is_catching_up(s, c)) {
        return (struct status_advice){"a backlog is read", "add workers if it does not shrink"};
    }
    return (struct status_advice){"nothing was delivered since the notification of 'since'",
                                  "see the log's lines 'object later' and 'object left'"};
}

static struct status_advice advise_silent(const struct snapshot_customer *c)
{
    if (c->received_ms == 0) {
        return (struct status_advice){
            "its queue brought no message since the start",
            "check that the bucket's notifications are configured, and that the customer writes; "
            "to find what was missed, run: asymptote-ingest reconcile -c FILE CUSTOMER --to now"};
    }
    return (struct status_advice){"its queue has messages, but none of this customer",
                                  "check bucket, prefix and the bucket's notifications; to find "
                                  "what was missed, run: asymptote-ingest reconcile -c FILE "
                                  "CUSTOMER --to now"};
}

static struct status_advice advise_not_yet(const struct snapshot_customer *c)
{
    if (stats_get(&c->stats.notified_ms) != 0) {
        return (struct status_advice){"its first object is not delivered yet",
                                      "nothing, unless it becomes late"};
    }
    return (struct status_advice){"no notification of it came yet",
                                  "wait for its next object, or run: asymptote-ingest verify -c "
                                  "FILE CUSTOMER"};
}

struct status_advice status_advise(const struct snapshot *s, const struct status_row *r)
{
    const struct snapshot_customer *c = r->customer;
    if (c->trouble.held) {
        return (struct status_advice){"paused by an operator",
                                      "run: asymptote-ingest control resume CUSTOMER -c FILE"};
    }
    for (size_t i = 0; i < CUSTOMER_PARTIES; i++) {
        if (r->state <= STATUS_LATE && c->trouble.fails[i]) {
            return advise_party(i, &c->trouble.error);
        }
    }
    switch (r->state) {
    case STATUS_PAUSED:
        return (struct status_advice){"role, bucket or topic refuse access",
                                      "run: asymptote-ingest verify -c FILE CUSTOMER "
                                      "--fix-hints; do what the error says"};
    case STATUS_LATE:
        return advise_late(s, c);
    case STATUS_UNREADABLE:
        return advise_left(&c->trouble.error);
    case STATUS_INCOMPLETE:
        return (struct status_advice){
            "objects of its bucket are missing: no message will bring them",
            "check the bucket's notifications; then run: asymptote-ingest reconcile -c FILE "
            "CUSTOMER --enqueue"};
    case STATUS_SILENT:
        return advise_silent(c);
    case STATUS_FAR_ABOVE:
        return (struct status_advice){
            "the last day has more than three times the daily_volume of its entry",
            "ask the customer; if it is intended, raise daily_volume"};
    case STATUS_NOT_YET:
        return advise_not_yet(c);
    case STATUS_BACKFILLING:
        return (struct status_advice){"objects of a backfill are read", "nothing"};
    case STATUS_FRESH:
    case STATUS_STATES:
        break;
    }
    return (struct status_advice){"", ""};
}

/* ---- Commands to copy ---- */

/* The file as a word of a shell. A path with other characters is not copied. */
static struct span file_word(const struct snapshot *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=,@+";
    bool usable = s->file != NULL && s->file[strspn(s->file, plain)] == '\0';
    return usable ? span_str(s->file) : SPAN("FILE");
}

void status_add_what_to_do(const struct snapshot *s, const struct status_row *r, struct buf *out)
{
    const char *text = status_advise(s, r).what_to_do;
    while (text[0] != '\0') {
        size_t n = strcspn(text, " ");
        struct span word = span_of(text, n);
        buf_add(out, span_eq(word, SPAN("FILE"))       ? file_word(s)
                     : span_eq(word, SPAN("CUSTOMER")) ? r->customer->id
                                                       : word);
        text += n;
        if (text[0] == ' ') {
            buf_add_byte(out, *text++);
        }
    }
}

/* ---- The runbook ---- */

const char *status_section(const struct status_row *r)
{
    const struct snapshot_customer *c = r->customer;
    const struct err *e = status_error(r);
    if (r->state == STATUS_FRESH) {
        return "";
    }
    if (c->trouble.held || e == NULL) {
        return status_state_name(r->state);
    }
    bool leader = c->trouble.fails[CUSTOMER_TOPIC] && e->kind == FAIL_AGAIN;
    return leader ? "ingestbrokerunreachable" : err_kind_name(e->kind);
}

void status_add_runbook(const struct snapshot *s, const struct status_row *r, struct buf *out)
{
    buf_add(out, s->runbook != NULL ? span_str(s->runbook) : SPAN("docs/runbook.md"));
    buf_add_byte(out, '#');
    buf_add(out, span_str(status_section(r)));
}
