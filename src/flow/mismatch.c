/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/mismatch.h"

#include "base/log.h"

static void compare_region(const struct notification_record *record, struct customer *c)
{
    if (record->region.n != 0 && !span_eq(record->region, span_str(c->conf->region)) &&
        customer_warn_once(c, CUSTOMER_REGION)) {
        log_write(LOG_WARN, "region differs", KV_SPAN("customer", c->id),
                  KV_SPAN("notified", record->region), KV_STR("configured", c->conf->region),
                  KV_STR("next", "the configured region is used; correct the customer's region if "
                                 "it is not the bucket's"));
    }
}

static void compare_account(const struct notification_record *record, struct customer *c)
{
    if (record->account.n != 0 && !span_eq(record->account, span_str(c->conf->account_id)) &&
        customer_warn_once(c, CUSTOMER_ACCOUNT)) {
        log_write(LOG_WARN, "account differs", KV_SPAN("customer", c->id),
                  KV_SPAN("notified", record->account), KV_STR("configured", c->conf->account_id),
                  KV_STR("next", "the configured account is used: S3 denies the reads if another "
                                 "one owns the bucket; correct account_id"));
    }
}

/*
 * Warn once if the bucket has versions but the configuration does not. In that case two
 * notifications of two versions in quick succession both read the second version.
 */
static void compare_version(const struct notification_record *record, struct customer *c)
{
    if (record->version_id.n != 0 && !span_eq(record->version_id, SPAN("null")) &&
        !c->conf->versioned && customer_warn_once(c, CUSTOMER_VERSION)) {
        log_write(LOG_WARN, "versions not read", KV_SPAN("customer", c->id),
                  KV_STR("next", "the bucket has versions, but only the current one is read: a "
                                 "version that is overwritten before is not delivered; allow the "
                                 "role s3:GetObjectVersion and set versioned = true"));
    }
}

void mismatch_warn(const struct notification_record *record, struct customer *c)
{
    compare_region(record, c);
    compare_account(record, c);
    compare_version(record, c);
}

/* S3 answers a wrong expected owner with the same error as any denial. */
void mismatch_explain(const struct notification_record *record, const struct customer *c,
                      enum outcome_subject subject, struct err *e)
{
    const char *account = c->conf->account_id;
    if (e->kind == FAIL_DENIED && subject == ABOUT_OBJECT && record->account.n != 0 &&
        !span_eq(record->account, span_str(account))) {
        (void)err_wrap(e,
                       "account %.*s owns the bucket by the notification, %s by the configuration",
                       SPAN_FMT(record->account), account);
    }
}
