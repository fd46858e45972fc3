/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/prefix.h"

#include "codec/utf8.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { PREFIX_BYTES = 900 /* of 1,024 of a key */ };

static bool begins(struct span text, const char *start)
{
    size_t n = strlen(start);
    return text.n >= n && strncasecmp(text.p, start, n) == 0;
}

/* Bytes of "s3://" or "arn:aws:s3:::" at the start of the text; 0: it begins with neither. */
static size_t address_bytes(struct span text)
{
    static const char *const schemes[] = {"s3://", "s3a://", "s3n://"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (begins(text, schemes[i])) {
            return strlen(schemes[i]);
        }
    }
    const char *service = begins(text, "arn:aws") ? memmem(text.p, text.n, ":s3:::", 6) : NULL;
    struct span partition =
        service != NULL ? span_of(text.p + 4, (size_t)(service - text.p) - 4) : SPAN("");
    bool whole = partition.n > 0 && memchr(partition.p, ':', partition.n) == NULL;
    return whole ? (size_t)(service - text.p) + 6 : 0;
}

struct prefix_parts prefix_split(struct span text)
{
    struct prefix_parts out = {.bucket = SPAN(""), .path = text};
    size_t n = address_bytes(text);
    if (n > 0) {
        struct span rest = span_from(text, n);
        const char *slash = rest.n > 0 ? memchr(rest.p, '/', rest.n) : NULL;
        out.bucket = span_take(&rest, slash != NULL ? (size_t)(slash - rest.p) : rest.n);
        out.path = rest;
    }
    struct span *p = &out.path;
    *p = span_from(*p, p->n > 0 && p->p[0] == '/' ? 1 : 0);
    p->n -= p->n > 0 && p->p[p->n - 1] == '/' ? 1 : 0;
    return out;
}

/* Whether it begins as a URL of any scheme, or as an ARN. */
static bool is_address(struct span path)
{
    size_t n = 0;
    while (n < path.n && isalnum((unsigned char)path.p[n])) {
        n++;
    }
    return (n > 0 && span_starts(span_from(path, n), SPAN("://"))) || begins(path, "arn:");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool has_dots(struct span path)
{
    while (path.n > 0) {
        const char *slash = memchr(path.p, '/', path.n);
        struct span part = span_take(&path, slash != NULL ? (size_t)(slash - path.p) : path.n);
        path = span_from(path, path.n > 0 ? 1 : 0);
        if (span_eq(part, SPAN(".")) || span_eq(part, SPAN(".."))) {
            return true;
        }
    }
    return false;
}

static const char *refuse_bytes(struct span path)
{
    while (path.n > 0) {
        uint32_t c = 0;
        if (!utf8_next(&path, &c)) {
            return "is not UTF-8";
        }
        if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            return "has a control character";
        }
    }
    return NULL;
}

const char *prefix_refuse(struct span path)
{
    if (path.n == 0) {
        return "is empty; a whole bucket is never read";
    }
    if (is_address(path)) {
        return "is an address; give the path within the bucket, or s3://BUCKET/PATH";
    }
    if (span_eq(path, SPAN("PREFIX")) || span_starts(path, SPAN("PREFIX/"))) {
        return "begins with the placeholder PREFIX, which was not replaced";
    }
    if (path.n > PREFIX_BYTES) {
        return "is longer than 900 bytes";
    }
    if (is_blank(path.p[0]) || is_blank(path.p[path.n - 1])) {
        return "begins or ends with a blank, which would be part of the keys";
    }
    if (path.p[0] == '/' || path.p[path.n - 1] == '/') {
        return "begins or ends with more than one slash, which would be part of the keys";
    }
    if (has_dots(path)) {
        return "has '.' or '..' as a part, which clients of S3 remove from a path";
    }
    return refuse_bytes(path);
}

const char *prefix_doubt(struct span path)
{
    for (size_t i = 0; i + 2 < path.n; i++) {
        if (path.p[i] == '%' && isxdigit((unsigned char)path.p[i + 1]) &&
            isxdigit((unsigned char)path.p[i + 2])) {
            return "is percent-encoded; write the characters themselves, as in \"a/b c\"";
        }
    }
    while (path.n > 0) {
        uint32_t c = 0;
        if (!utf8_next(&path, &c)) {
            return NULL;
        }
        if (c == '*' || c == '?') {
            return "has a wildcard; a prefix is read as it is written";
        }
        if (c > 0xff) {
            return "has a character that a policy of IAM cannot have (above U+00FF); choose a "
                   "prefix without it";
        }
    }
    return NULL;
}
