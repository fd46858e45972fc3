/* SPDX-License-Identifier: Apache-2.0 */
#include "settle/again.h"

#include <stdio.h>

static const char *of_notification(enum err_kind kind)
{
    switch ((int)kind) {
    case FAIL_DENIED:
        return "customer paused";
    case FAIL_THROTTLED:
        return "customer had its share of the worker";
    case FAIL_STOPPED:
        return "worker stopped";
    default:
        return "notification left";
    }
}

static void write_rule(const struct outcome_rule *rule, char out[AGAIN_BYTES])
{
    static const char *const subjects[OUTCOME_SUBJECTS] = {
        [ABOUT_OBJECT] = "object not read",
        [ABOUT_ROLE] = "no session of the role",
        [ABOUT_DELIVERY] = "records not delivered",
    };
    if (rule->subject == ABOUT_NOTIFICATION) {
        (void)snprintf(out, AGAIN_BYTES, "%s", of_notification(rule->kind));
    } else if (rule->kind == FAIL_LOST) {
        (void)snprintf(out, AGAIN_BYTES, "lease lost");
    } else {
        (void)snprintf(out, AGAIN_BYTES, "%s, error=%s", subjects[rule->subject],
                       err_kind_name(rule->kind));
    }
}

void again_write(const struct again *a, char out[AGAIN_BYTES])
{
    static const char *const texts[] = {
        [AGAIN_UNKNOWN] = "",
        [AGAIN_ELSEWHERE] = "received before by another worker, or before this one started",
        [AGAIN_SETTLED] = "",
        [AGAIN_LOST] = "lease lost",
        [AGAIN_NOT_DELETED] = "delivered, but not deleted",
        [AGAIN_IN_PROGRESS] = "received while it was in progress",
    };
    if (a->cause == AGAIN_SETTLED && a->rule != NULL) {
        write_rule(a->rule, out);
    } else {
        (void)snprintf(out, AGAIN_BYTES, "%s", texts[a->cause]);
    }
}
