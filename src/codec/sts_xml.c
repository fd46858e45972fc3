/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sts_xml.h"

#include "codec/url.h"
#include "codec/xml.h"

/* clang-format off */
const struct fault_rule sts_rules[] = {
    {"AccessDenied",            0,   FAIL_DENIED, 0}, /* trust policy, external id, missing role */
    {"ExpiredTokenException",   400, FAIL_DENIED, 0}, /* the token of the web identity */
    {"InvalidIdentityToken",    0,   FAIL_DENIED, 0},
    {"IDPRejectedClaim",        0,   FAIL_DENIED, 0},
    {"IDPCommunicationError",   0,   FAIL_AGAIN,  0},
    {"RegionDisabledException", 0,   FAIL_CONFIG, 0},
    {"ValidationError",         0,   FAIL_CONFIG, 0}, /* ARN, name, duration, role chaining */
    {"InvalidParameterValue",   0,   FAIL_CONFIG, 0},
    {"MalformedPolicyDocument", 0,   FAIL_CONFIG, 0},
    {"PackedPolicyTooLarge",    0,   FAIL_CONFIG, 0},
    {"InvalidAction",           0,   FAIL_CONFIG, 0},
};
/* clang-format on */
const size_t sts_rule_count = sizeof(sts_rules) / sizeof(sts_rules[0]);

/* ---- ARNs ---- */

static struct span take_until_colon(struct span *s, bool *found)
{
    const char *colon = s->n > 0 ? memchr(s->p, ':', s->n) : NULL;
    *found = *found && colon != NULL;
    if (colon == NULL) {
        return SPAN("");
    }
    struct span head = span_take(s, (size_t)(colon - s->p));
    (void)span_take(s, 1);
    return head;
}

bool arn_split(struct span text, struct arn *out)
{
    bool found = text.n < STS_ARN_BYTES && span_starts(text, SPAN("arn:"));
    if (!found) {
        return false;
    }
    (void)span_take(&text, 4);
    out->partition = take_until_colon(&text, &found);
    out->service = take_until_colon(&text, &found);
    out->region = take_until_colon(&text, &found);
    out->account = take_until_colon(&text, &found);
    out->resource = text;
    return found && out->partition.n > 0 && out->service.n > 0 && out->resource.n > 0;
}

bool arn_account_ok(struct span account)
{
    for (size_t i = 0; i < account.n; i++) {
        if (account.p[i] < '0' || account.p[i] > '9') {
            return false;
        }
    }
    return account.n == STS_ACCOUNT_BYTES - 1;
}

/* ---- Requests ---- */

static void open_request(struct buf *out, const char *action)
{
    buf_addf(out, "Action=%s&Version=2011-06-15", action);
}

static void add_parameter(struct buf *out, const char *name, struct span value)
{
    if (value.n > 0) {
        buf_addf(out, "&%s=", name);
        url_encode(out, value);
    }
}

static void add_role(struct buf *out, const struct sts_assume *a)
{
    add_parameter(out, "RoleArn", a->role_arn);
    add_parameter(out, "RoleSessionName", a->session_name);
    add_parameter(out, "Policy", a->policy);
    buf_addf(out, "&DurationSeconds=%d", a->duration_s);
}

void sts_write_assume_role(struct buf *out, const struct sts_assume *a)
{
    open_request(out, "AssumeRole");
    add_role(out, a);
    add_parameter(out, "ExternalId", a->external_id);
    add_parameter(out, "SourceIdentity", a->source_identity);
}

void sts_write_web_identity(struct buf *out, const struct sts_assume *a)
{
    open_request(out, "AssumeRoleWithWebIdentity");
    add_role(out, a);
    add_parameter(out, "WebIdentityToken", a->web_token);
}

void sts_write_get_caller_identity(struct buf *out)
{
    open_request(out, "GetCallerIdentity");
}

/* ---- Responses ---- */

static enum err_kind bad_answer(struct err *e, const char *why)
{
    return err_set(e, FAIL_AGAIN, "sts: an answer that cannot be used: %s", why);
}

static enum err_kind set_identity(struct span text, struct sts_identity *who, struct err *e)
{
    struct arn arn;
    if (!arn_split(text, &arn) || !arn_account_ok(arn.account)) {
        return bad_answer(e, "its ARN is none");
    }
    err_copy(who->arn, sizeof(who->arn), text);
    err_copy(who->account, sizeof(who->account), arn.account);
    return FAIL_NONE;
}

/* Set *who. An <Arn> may be empty: MinIO's roles have no name. */
static enum err_kind set_user(const struct xml *x, size_t user, struct sts_identity *who,
                              struct err *e)
{
    size_t arn = user != XML_NONE ? xml_child(x, user, "Arn") : XML_NONE;
    if (arn == XML_NONE) {
        return bad_answer(e, "no ARN");
    }
    struct span text = xml_child_text(x, user, "Arn");
    if (text.n == 0) {
        who->arn[0] = who->account[0] = '\0';
        return FAIL_NONE;
    }
    return set_identity(text, who, e);
}

static enum err_kind set_credentials(const struct xml *x, size_t credentials, struct creds *out,
                                     struct err *e)
{
    if (credentials == XML_NONE) {
        return bad_answer(e, "no credentials");
    }
    struct credentials_text t = {
        .access_key_id = xml_child_text(x, credentials, "AccessKeyId"),
        .secret_access_key = xml_child_text(x, credentials, "SecretAccessKey"),
        .session_token = xml_child_text(x, credentials, "SessionToken"),
        .expiration = xml_child_text(x, credentials, "Expiration"),
    };
    if (t.session_token.n == 0 || t.expiration.n == 0) {
        return bad_answer(e, "credentials without token or expiration");
    }
    if (credentials_set(out, &t, e) != FAIL_NONE) {
        (void)err_wrap(e, "sts");
        e->kind = FAIL_AGAIN;
        return FAIL_AGAIN;
    }
    return FAIL_NONE;
}

/* The element AssumeRoleResult or AssumeRoleWithWebIdentityResult in the response of that name. */
static size_t find_result(const struct xml *x)
{
    size_t result = xml_child(x, XML_ROOT, "AssumeRoleResult");
    return result != XML_NONE ? result : xml_child(x, XML_ROOT, "AssumeRoleWithWebIdentityResult");
}

enum err_kind sts_read_credentials(struct span answer, struct creds *out, struct sts_identity *who,
                                   struct err *e)
{
    OWNED(xml) struct xml *x = xml_parse(answer, e);
    if (x == NULL) {
        return bad_answer(e, "not XML");
    }
    size_t result = find_result(x);
    if (result == XML_NONE) {
        return bad_answer(e, "no result of AssumeRole");
    }
    enum err_kind kind = set_user(x, xml_child(x, result, "AssumedRoleUser"), who, e);
    if (kind == FAIL_NONE) {
        kind = set_credentials(x, xml_child(x, result, "Credentials"), out, e);
    }
    return kind;
}

enum err_kind sts_read_identity(struct span answer, struct sts_identity *who, struct err *e)
{
    OWNED(xml) struct xml *x = xml_parse(answer, e);
    if (x == NULL) {
        return bad_answer(e, "not XML");
    }
    return set_identity(xml_find(x, "GetCallerIdentityResponse/GetCallerIdentityResult/Arn"), who,
                        e);
}
