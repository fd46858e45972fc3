/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/refuse.h"

#include "codec/url.h"
#include "net/listener.h"
#include "net/unix_socket.h"

#include <ctype.h>
#include <stdio.h>

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

/* Whether text has least to most bytes, all of them ASCII letters, digits or in `more`. */
static bool is_word(struct span text, const char *more, size_t least, size_t most)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool known = c != '\0' && (strchr(lower, c) != NULL || strchr(upper, c) != NULL ||
                                   strchr(digits, c) != NULL || strchr(more, c) != NULL);
        if (!known) {
            return false;
        }
    }
    return text.n >= least && text.n <= most;
}

static bool is_digits(struct span text, size_t n)
{
    return text.n == n && strspn(text.p, digits) >= n;
}

static bool has_upper(const char *text)
{
    return strpbrk(text, upper) != NULL;
}

const char *refuse_name(const char *text)
{
    return is_word(span_str(text), "._-", 1, 80) ? NULL
                                                 : "must be 1 to 80 letters, digits, '.', '_', '-'";
}

const char *refuse_customer_id(const char *text)
{
    bool ok = is_word(span_str(text), "-", 1, 40) && !has_upper(text) && text[0] != '-';
    return ok ? NULL : "must be 1 to 40 of a-z, 0-9 and '-', not beginning with '-'";
}

const char *refuse_region(const char *text)
{
    return url_region_ok(span_str(text)) ? NULL : "is not a region (like eu-west-1)";
}

const char *refuse_account(const char *text)
{
    return is_digits(span_str(text), 12) ? NULL : "is not an account id (12 digits)";
}

static bool ends_in(struct span text, struct span end)
{
    return text.n > end.n && span_eq(span_from(text, text.n - end.n), end);
}

/* Names that S3 reserves for what is not a general purpose bucket. */
static const char *refuse_reserved(struct span name)
{
    static const struct {
        struct span end;
        const char *why;
    } reserved[] = {
        {SPAN_INIT("--x-s3"),
         "is a directory bucket, which sends no notifications; use a general purpose bucket"},
        {SPAN_INIT(".mrap"), "is the alias of a multi-region access point, which is not supported; "
                             "name the bucket itself"},
        {SPAN_INIT("-s3alias"), "is the alias of an access point; name the bucket itself, and the "
                                "access point in access_point"},
        {SPAN_INIT("--ol-s3"),
         "is the alias of an Object Lambda access point; name the bucket itself"},
    };
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (ends_in(name, reserved[i].end)) {
            return reserved[i].why;
        }
    }
    return NULL;
}

const char *refuse_bucket(const char *text)
{
    const char *reserved = refuse_reserved(span_str(text));
    if (reserved != NULL) {
        return reserved;
    }
    return url_bucket_ok(span_str(text)) ? NULL
                                         : "is not a bucket's name (3 to 63 of a-z, 0-9, '.', '-')";
}

struct span arn_part(const char *arn, int index)
{
    const char *from = arn;
    for (int i = 0; i < index && from != NULL; i++) {
        from = strchr(from, ':');
        from = from != NULL ? from + 1 : NULL;
    }
    if (from == NULL) {
        return SPAN("");
    }
    /* the last part, the resource, may contain colons */
    return index < 5 ? span_of(from, strcspn(from, ":")) : span_str(from);
}

/* "arn:PARTITION:service:" and, after region and account, "kind/..." */
static bool is_arn(const char *text, struct span service, struct span kind)
{
    struct span partition = arn_part(text, 1);
    struct span resource = arn_part(text, 5);
    return span_eq(arn_part(text, 0), SPAN("arn")) && span_starts(partition, SPAN("aws")) &&
           is_word(partition, "-", 3, 20) && span_eq(arn_part(text, 2), service) &&
           is_digits(arn_part(text, 4), 12) && span_starts(resource, kind) &&
           is_word(span_from(resource, kind.n), "+=,.@-_/", 1, 600);
}

const char *refuse_role(const char *text)
{
    bool ok = is_arn(text, SPAN("iam"), SPAN("role/")) && arn_part(text, 3).n == 0;
    return ok ? NULL : "is not a role's ARN (arn:aws:iam::ACCOUNT:role/NAME)";
}

const char *refuse_sender(const char *text)
{
    bool ok = is_arn(text, SPAN("iam"), SPAN("role/")) ||
              is_arn(text, SPAN("events"), SPAN("rule/")) || is_arn(text, SPAN("sns"), SPAN(""));
    return ok ? NULL : "is not the ARN of a topic of SNS, a rule of EventBridge, or a role";
}

const char *refuse_kms_key(const char *text)
{
    bool ok = is_arn(text, SPAN("kms"), SPAN("key/")) && url_region_ok(arn_part(text, 3));
    return ok ? NULL : "is not a KMS key's ARN (arn:aws:kms:REGION:ACCOUNT:key/ID)";
}

const char *refuse_access_point(const char *text)
{
    struct span resource = arn_part(text, 5);
    if (span_eq(arn_part(text, 2), SPAN("s3")) && arn_part(text, 3).n == 0) {
        return "is a multi-region access point, which is not supported; name one of a region";
    }
    bool ok = is_arn(text, SPAN("s3"), SPAN("accesspoint/")) && url_region_ok(arn_part(text, 3)) &&
              is_word(span_from(resource, 12), "-", 3, 50) && !has_upper(resource.p);
    return ok ? NULL : "is not an access point's ARN (arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME)";
}

const char *refuse_external_id(const char *text)
{
    return is_word(span_str(text), "_+=,.@:/-", 2, 1224)
               ? NULL
               : "must be 2 to 1224 letters, digits or _+=,.@:/-";
}

const char *refuse_session_name(const char *text)
{
    return is_word(span_str(text), "_+=,.@-", 2, 64) ? NULL
                                                     : "must be 2 to 64 letters, digits or _+=,.@-";
}

const char *refuse_url(const char *text)
{
    struct url u;
    bool ok = url_split(span_str(text), &u) && u.path.n <= 1 && u.query.n == 0;
    return ok ? NULL : "is not a URL (http or https, host, maybe port, no path)";
}

const char *refuse_address(const char *text)
{
    struct url u;
    return url_split(span_str(text), &u) ? NULL : "is not a URL (http or https, with a host)";
}

/* As refuse_url, and the host may contain "{bucket}". */
const char *refuse_s3_url(const char *text)
{
    static const char place[] = "{bucket}";
    char plain[512];
    const char *at = strstr(text, place);
    if (at == NULL) {
        return refuse_url(text);
    }
    int n = snprintf(plain, sizeof(plain), "%.*sbucket%s", (int)(at - text), text,
                     at + sizeof(place) - 1);
    return n > 0 && (size_t)n < sizeof(plain) ? refuse_url(plain) : "is too long";
}

const char *refuse_queue_url(const char *text)
{
    struct url u;
    bool ok = url_split(span_str(text), &u) && u.path.n > 1 && u.query.n == 0;
    while (ok && u.path.n > 1 && u.path.p[u.path.n - 1] == '/') {
        u.path.n--;
    }
    if (ok && ends_in(u.path, SPAN(".fifo"))) {
        return "is a FIFO queue, which S3 does not notify; use a standard queue";
    }
    return ok ? NULL : "is not a queue's URL (https://sqs.REGION.amazonaws.com/ACCOUNT/NAME)";
}

const char *refuse_topic(const char *text)
{
    bool dots = strcmp(text, ".") == 0 || strcmp(text, "..") == 0;
    return is_word(span_str(text), "._-", 1, 249) && !dots
               ? NULL
               : "is not a topic's name (1 to 249 letters, digits, '.', '_', '-')";
}

const char *refuse_socket(const char *text)
{
    return unix_socket_path_ok(text) ? NULL : "is not an absolute path of at most 107 bytes";
}

const char *refuse_listen(const char *text)
{
    return listener_address_ok(text)
               ? NULL
               : "is not HOST:PORT, [HOST]:PORT or :PORT with a port of 0 to 65535";
}
