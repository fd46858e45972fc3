/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome.c - the outcome table. Reasons for its values:
 *
 * - The delay of an error that may end without intervention starts at 10 s and doubles: a short
 * failure costs little time, a long one few requests. The delay of an error that a person must fix
 * (denied, kms, config) starts at 15 minutes: ten receives then take hours, and a policy that is
 * fixed meanwhile costs no dead letter.
 * - Retries without a delay are only for network errors, and only before the first record: a later
 * restart at byte 0 would produce records a second time.
 * - An error that will repeat never has a delay of 0, which would be a hot loop that uses up the
 * receive count (failures.md row 6). Only a message that no lane has started has no delay (rule
 * 19).
 */
#include "settle/outcome.h"

#include <assert.h>
#include <string.h>

#define SOON DELAY_FIRST_S, DELAY_MAX_S
#define SLOW DELAY_MAX_S, DELAY_MAX_S
#define LATER OUTCOME_LATER
#define LEAVE OUTCOME_LEAVE
#define AGAIN "read again after the delay"
#define CHECK "; if it lasts, check the network, proxies and endpoint between this host and "
#define LEFT "left in the queue until its redrive policy moves it to the dead-letter queue"

/* clang-format off */
static const struct outcome_rule rules[] = {
    /* subject, class, outcome, tries, pause_ms, delay (first_s, max_s), mark, reject, back_off, next */
    {ABOUT_OBJECT, FAIL_AGAIN,      LATER, 2, 200,  SOON, BREAKER_NONE,  true,  true,  AGAIN CHECK "S3; if its other buckets are read, ask the owner of this one"},
    {ABOUT_OBJECT, FAIL_THROTTLED,  LATER, 1, 1000, SOON, BREAKER_NONE,  true,  true,  AGAIN ", which grows while requests are throttled"},
    {ABOUT_OBJECT, FAIL_DENIED,     LATER, 0, 0,    SLOW, BREAKER_COUNT, true,  true,  AGAIN "; correct the policy of the bucket or of the role"},
    {ABOUT_OBJECT, FAIL_KMS,        LATER, 0, 0,    SLOW, BREAKER_COUNT, true,  true,  AGAIN "; allow the role to decrypt with the KMS key: in the policy of the key and in that of the role"},
    {ABOUT_OBJECT, FAIL_GONE,       LEAVE, 0, 0,    SLOW, BREAKER_NONE,  true,  false, LEFT "; if objects may be deleted before they are read, set gone = \"accept\""},
    {ABOUT_OBJECT, FAIL_SUPERSEDED, LATER, 1, 200,  SOON, BREAKER_NONE,  true,  true,  "the current version is read after the delay"},
    {ABOUT_OBJECT, FAIL_ARCHIVED,   LEAVE, 0, 0,    SLOW, BREAKER_NONE,  true,  false, LEFT "; restore the object and redrive the message"},
    {ABOUT_OBJECT, FAIL_DATA,       LEAVE, 0, 0,    SLOW, BREAKER_NONE,  true,  false, LEFT "; upload the object again in a readable form"},
    {ABOUT_OBJECT, FAIL_FORMAT,     LEAVE, 0, 0,    SLOW, BREAKER_NONE,  true,  false, LEFT "; do what the error says and redrive the message, or set unreadable = \"accept\""},
    {ABOUT_OBJECT, FAIL_LIMIT,      LEAVE, 0, 0,    SLOW, BREAKER_NONE,  true,  false, LEFT "; raise the limit that is named and redrive the message, or upload the object in parts"},
    {ABOUT_OBJECT, FAIL_CONFIG,     LATER, 0, 0,    SLOW, BREAKER_COUNT, true,  true,  AGAIN "; correct the configuration of the customer"},
    {ABOUT_OBJECT, FAIL_SKEW,       LATER, 1, 200,  SOON, BREAKER_NONE,  true,  true,  AGAIN "; correct the clock of this host"},
    {ABOUT_OBJECT, FAIL_LOST,       LATER, 0, 0,    SOON, BREAKER_NONE,  false, false, "abandoned by this worker; the queue delivers the message again"},
    {ABOUT_OBJECT, FAIL_STOPPED,    LATER, 0, 0,    RETURN_STARTED_S, RETURN_STARTED_S, BREAKER_NONE, false, false, "returned to the queue"},

    {ABOUT_ROLE, FAIL_AGAIN,      LATER, 2, 500,  SOON, BREAKER_NONE, true,  true,  AGAIN CHECK "STS"},
    {ABOUT_ROLE, FAIL_THROTTLED,  LATER, 1, 1000, SOON, BREAKER_NONE, true,  true,  AGAIN ", which grows while requests are throttled"},
    {ABOUT_ROLE, FAIL_DENIED,     LATER, 0, 0,    SLOW, BREAKER_OPEN, true,  true,  "customer paused; check the role's trust policy, the external id, and that the worker may call sts:AssumeRole on the role"},
    {ABOUT_ROLE, FAIL_KMS,        LATER, 0, 0,    SLOW, BREAKER_OPEN, true,  true,  "customer paused; correct the role"},
    {ABOUT_ROLE, FAIL_GONE,       LATER, 0, 0,    SLOW, BREAKER_OPEN, true,  true,  "customer paused; create the role, or correct role_arn"},
    {ABOUT_ROLE, FAIL_SUPERSEDED, LATER, 0, 0,    SOON, BREAKER_NONE, true,  true,  AGAIN},
    {ABOUT_ROLE, FAIL_ARCHIVED,   LATER, 0, 0,    SOON, BREAKER_NONE, true,  true,  AGAIN},
    {ABOUT_ROLE, FAIL_DATA,       LATER, 0, 0,    SOON, BREAKER_NONE, true,  true,  AGAIN},
    {ABOUT_ROLE, FAIL_FORMAT,     LATER, 0, 0,    SOON, BREAKER_NONE, true,  true,  AGAIN},
    {ABOUT_ROLE, FAIL_LIMIT,      LATER, 0, 0,    SLOW, BREAKER_OPEN, true,  true,  "customer paused; shorten the prefix, which the session policy contains"},
    {ABOUT_ROLE, FAIL_CONFIG,     LATER, 0, 0,    SLOW, BREAKER_OPEN, true,  true,  "customer paused; correct the role, or its part of the configuration"},
    {ABOUT_ROLE, FAIL_SKEW,       LATER, 1, 200,  SOON, BREAKER_NONE, true,  true,  AGAIN "; correct the clock of this host"},
    {ABOUT_ROLE, FAIL_LOST,       LATER, 0, 0,    SOON, BREAKER_NONE, false, false, "abandoned by this worker; the queue delivers the message again"},
    {ABOUT_ROLE, FAIL_STOPPED,    LATER, 0, 0,    RETURN_STARTED_S, RETURN_STARTED_S, BREAKER_NONE, false, false, "returned to the queue"},

    {ABOUT_DELIVERY, FAIL_AGAIN,      LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN "; if it lasts, check the topic's partitions and the brokers"},
    {ABOUT_DELIVERY, FAIL_THROTTLED,  LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN},
    {ABOUT_DELIVERY, FAIL_DENIED,     LATER, 0, 0, SLOW, BREAKER_OPEN, false, true,  "customer paused; allow the worker to write to the topic"},
    {ABOUT_DELIVERY, FAIL_KMS,        LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN},
    {ABOUT_DELIVERY, FAIL_GONE,       LATER, 0, 0, SLOW, BREAKER_OPEN, false, true,  "customer paused; create the topic"},
    {ABOUT_DELIVERY, FAIL_SUPERSEDED, LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN},
    {ABOUT_DELIVERY, FAIL_ARCHIVED,   LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN},
    {ABOUT_DELIVERY, FAIL_DATA,       LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN},
    {ABOUT_DELIVERY, FAIL_FORMAT,     LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN},
    {ABOUT_DELIVERY, FAIL_LIMIT,      LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN ", with the topic's own size limit"},
    {ABOUT_DELIVERY, FAIL_CONFIG,     LATER, 0, 0, SLOW, BREAKER_OPEN, false, true,  "customer paused; create the topic, or correct its name"},
    {ABOUT_DELIVERY, FAIL_SKEW,       LATER, 0, 0, SOON, BREAKER_NONE, false, true,  AGAIN},
    {ABOUT_DELIVERY, FAIL_LOST,       LATER, 0, 0, SOON, BREAKER_NONE, false, false, "abandoned by this worker; the queue delivers the message again"},
    {ABOUT_DELIVERY, FAIL_STOPPED,    LATER, 0, 0, RETURN_STARTED_S, RETURN_STARTED_S, BREAKER_NONE, false, false, "returned to the queue"},

    {ABOUT_NOTIFICATION, FAIL_DATA,    LEAVE, 0, 0, SLOW, BREAKER_NONE, false, false, LEFT "; send only S3's notifications to the queue"},
    {ABOUT_NOTIFICATION, FAIL_DENIED,  LATER, 0, 0, SLOW, BREAKER_NONE, true,  true,  "returned unread while the customer is paused; the queue delivers it again after the delay, which may be after the pause"},
    {ABOUT_NOTIFICATION, FAIL_GONE,    LEAVE, 0, 0, SLOW, BREAKER_NONE, false, false, LEFT "; the object is not read"},
    {ABOUT_NOTIFICATION, FAIL_THROTTLED, LATER, 0, 0, SOON, BREAKER_NONE, false, false, "received again after the delay; the customer has its share of this worker"},
    {ABOUT_NOTIFICATION, FAIL_LOST,    LATER, 0, 0, SOON, BREAKER_NONE, false, false, "abandoned by this worker; the queue delivers the message again"},
    {ABOUT_NOTIFICATION, FAIL_STOPPED, LATER, 0, 0, 0, 0, BREAKER_NONE, false, false, "returned to the queue"},
};
/* clang-format on */

#define KEY_UNUSABLE                                                                               \
    AGAIN "; enable the KMS key, or cancel its deletion, in the account that owns it"

#define KEY_GONE                                                                                   \
    AGAIN "; the KMS key does not exist: objects under a deleted key cannot be read any more; "    \
          "upload them again under another key"

static const struct outcome_code codes[] = {
    {ABOUT_OBJECT, "KMS.DisabledException", KEY_UNUSABLE},
    {ABOUT_OBJECT, "KMS.KMSInvalidStateException", KEY_UNUSABLE},
    {ABOUT_OBJECT, "KMS.NotFoundException", KEY_GONE},
};

const struct outcome_code *outcome_codes(size_t *count)
{
    *count = sizeof(codes) / sizeof(codes[0]);
    return codes;
}

const char *outcome_next(const struct outcome_rule *rule, const struct err *e)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].subject == rule->subject && strcmp(codes[i].code, e->code) == 0) {
            return codes[i].next;
        }
    }
    return rule->next;
}

const struct outcome_rule *outcome_rules(size_t *count)
{
    *count = sizeof(rules) / sizeof(rules[0]);
    return rules;
}

const struct outcome_rule *outcome_rule(enum outcome_subject subject, enum err_kind kind)
{
    const struct outcome_rule *first = NULL;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].subject != subject) {
            continue;
        }
        first = first != NULL ? first : &rules[i];
        if (rules[i].kind == kind) {
            return &rules[i];
        }
    }
    assert(first != NULL);
    return first; /* the first row of a subject is its default */
}

const char *outcome_name(enum outcome o)
{
    static const char *const names[] = {"done", "leave", "later"};
    return (size_t)o < sizeof(names) / sizeof(names[0]) ? names[o] : "unknown";
}

const char *outcome_subject_name(enum outcome_subject s)
{
    static const char *const names[OUTCOME_SUBJECTS] = {"object", "role", "delivery",
                                                        "notification"};
    return (size_t)s < OUTCOME_SUBJECTS ? names[s] : "unknown";
}

int outcome_delay_s(const struct outcome_rule *rule, unsigned receive_count, struct rng *rng)
{
    int delay = rule->first_s;
    for (unsigned n = 1; n < receive_count && delay < rule->max_s; n++) {
        delay *= 2;
    }
    if (delay > rule->max_s) {
        delay = rule->max_s;
    }
    return delay - (int)rng_below(rng, (uint64_t)delay / 4 + 1);
}

void outcome_decide(const struct outcome_case *c, struct rng *rng, struct outcome_action *out)
{
    *out = (struct outcome_action){.outcome = OUTCOME_DONE};
    if (c->kind == FAIL_NONE) {
        return;
    }

    const struct outcome_rule *rule = outcome_rule(c->subject, c->kind);
    out->rule = rule;
    bool absent = c->subject == ABOUT_OBJECT &&
                  (c->kind == FAIL_GONE || c->kind == FAIL_ARCHIVED || c->kind == FAIL_FORMAT);
    if (absent && c->accept) {
        return;
    }
    if (c->tries < rule->tries && !c->produced) {
        out->again_now = true;
        unsigned pause = rule->pause_ms << c->tries;
        out->pause_ms = pause / 2 + (unsigned)rng_below(rng, pause / 2 + 1);
        return;
    }
    out->outcome = rule->outcome;
    out->delay_s = outcome_delay_s(rule, c->receive_count, rng);
    out->reject = rule->reject && c->last;
}
