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
    bool s3 = begins(path, "s3:/") || begins(path, "s3a:/") || begins(path, "s3n:/");
    return (n > 0 && span_starts(span_from(path, n), SPAN("://"))) || s3 || begins(path, "arn:");
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

/* ---- Notes ---- */

bool prefix_has_bucket(struct span path, const char *bucket)
{
    struct span name = span_str(bucket != NULL ? bucket : "");
    return name.n > 0 && path.n > name.n && path.p[name.n] == '/' && span_starts(path, name);
}

/* By the ends that event files have. A folder may be named so, too. */
static bool ends_as_file(struct span path)
{
    static const char *const ends[] = {".json", ".jsonl", ".ndjson", ".gz",  ".zst", ".bz2",
                                       ".lz4",  ".xz",    ".snappy", ".log", ".txt", ".csv"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t n = strlen(ends[i]);
        if (path.n > n && strncasecmp(path.p + path.n - n, ends[i], n) == 0) {
            return true;
        }
    }
    return false;
}

void prefix_add_notes(struct span text, const char *bucket, struct buf *out)
{
    struct prefix_parts p = prefix_split(text);
    if (p.bucket.n == 0 && span_starts(text, SPAN("/"))) {
        buf_addf(out, "the slash at its beginning was removed: keys begin with %.*s/\n",
                 SPAN_FMT(p.path));
    }
    if (p.bucket.n == 0 && prefix_has_bucket(p.path, bucket)) {
        buf_addf(out,
                 "begins with the bucket's name, which is not a part of keys; if its keys do begin "
                 "so, give s3://%s/%.*s\n",
                 bucket, SPAN_FMT(p.path));
    }
    const char *slash = p.path.n > 0 ? memrchr(p.path.p, '/', p.path.n) : NULL;
    if (ends_as_file(p.path)) {
        size_t folder = slash != NULL ? (size_t)(slash - p.path.p) : 0;
        buf_addf(out,
                 "ends as the name of a file; it is read as a folder, and only keys below %.*s/ "
                 "are read%s%.*s\n",
                 SPAN_FMT(p.path), folder > 0 ? "; if it is a file, give its folder: " : "",
                 (int)folder, p.path.p);
    }
}
