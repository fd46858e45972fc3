/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of what the worker must be able to read, with a session as the worker uses it. They use
 * the newest object that prefix.list saw.
 */
#include "verify_priv.h"

#include "customers/filter.h"

#include <stdio.h>
#include <string.h>

static struct span newest_key(const struct verify_subject *s)
{
    return span_of(s->newest.key, s->newest.key_bytes);
}

/* ---- The list ---- */

static bool is_archived(struct span storage_class)
{
    return span_eq(storage_class, SPAN("GLACIER")) || span_eq(storage_class, SPAN("DEEP_ARCHIVE"));
}

/* Keep the entry if the worker would read it, and it is newer. */
static void note_entry(struct verify_subject *s, const struct s3_entry *entry)
{
    bool readable = entry->size > 0 && !is_archived(entry->storage_class) &&
                    entry->key.n < KEY_BYTES && !filter_ignores(s->customer, entry->key);
    if (!readable || (s->newest.found && entry->modified_ns < s->newest.modified_ns)) {
        return;
    }
    s->newest.found = true;
    s->newest.modified_ns = entry->modified_ns;
    s->newest.size = entry->size;
    s->newest.key_bytes = entry->key.n;
    memcpy(s->newest.key, entry->key.p, entry->key.n);
    s->newest.key[entry->key.n] = '\0';
}

void check_prefix_list(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    struct s3_entry entry;
    char prefix[KEY_BYTES + 1];
    int keys = 0;
    if (!line_needs_role(s, out)) {
        return;
    }
    (void)snprintf(prefix, sizeof(prefix), "%s/", s->customer->prefix);
    line_tried(out, "ListObjectsV2 of s3://%s/%s", s->customer->bucket, prefix);
    struct s3_object where = subject_object(s, span_str(prefix));
    OWNED(s3_list) struct s3_list *list = s3_list_new(s->s3, &where, s->reader, SPAN(""));
    while (keys < LIST_KEYS && s3_list_next(list, &entry, &e)) {
        note_entry(s, &entry);
        keys++;
    }
    s->listed = e.kind == FAIL_NONE;
    if (!s->listed) {
        line_failed(out, &e);
    } else if (keys == LIST_KEYS) {
        line_set(out, VERIFY_OK, "%d keys or more", LIST_KEYS);
    } else {
        line_set(out, VERIFY_OK, "%d key%s", keys, keys == 1 ? "" : "s");
    }
}

bool line_needs_object(const struct verify_subject *s, struct verify_line *out,
                       enum verify_state if_none)
{
    if (!line_needs_role(s, out)) {
        return false;
    }
    if (!s->listed) {
        line_set(out, VERIFY_SKIP, "no key is known, since the prefix cannot be listed");
    } else if (!s->newest.found) {
        line_set(out, if_none,
                 "the prefix has no object with content yet: verify again when it has one; if the "
                 "customer has put one, prefix or bucket of the entry is wrong");
        out->change = ""; /* nothing is known to be wrong */
    }
    return s->newest.found;
}

/* ---- The newest object ---- */

void check_object_read(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    if (!line_needs_object(s, out, VERIFY_WARN)) {
        return;
    }
    line_tried(out, "GET of one byte of s3://%s/%s", s->customer->bucket, s->newest.key);
    struct s3_object o = subject_object(s, newest_key(s));
    enum err_kind kind = s3_peek(s->s3, &o, s->reader, 1, &s->newest.peek, &e);
    s->newest.peek.body = SPAN("");
    s->newest.read = kind == FAIL_NONE;
    s->newest.key_denied = kind == FAIL_KMS;
    s->newest.err = e;
    if (kind == FAIL_KMS) { /* S3 checks its own permission first */
        line_set(out, VERIFY_OK, "S3 allows it; what KMS answers is in object.kms");
    } else if (kind == FAIL_GONE) {
        line_set(out, VERIFY_WARN, "the object was removed meanwhile: verify again");
    } else if (kind != FAIL_NONE) {
        line_failed(out, &e);
    }
}

/* Compare how the object is encrypted with what is declared. */
static void compare_key(const struct verify_subject *s, struct verify_line *out)
{
    const struct s3_peek *p = &s->newest.peek;
    const char *declared = s->customer->kms_key_arn;
    bool kms = span_starts(span_str(p->encryption), SPAN("aws:kms"));
    const char *how = p->encryption[0] != '\0' ? p->encryption : "no encryption by S3";
    if (declared == NULL) {
        line_set(out, kms ? VERIFY_WARN : VERIFY_OK, "%s%s%.200s%s", how, kms ? " with " : "",
                 p->kms_key, kms ? ", but kms_key_arn is not set" : "");
    } else if (!kms) {
        line_set(out, VERIFY_FAIL, "%s, not under the key of kms_key_arn", how);
    } else if (strcmp(p->kms_key, declared) != 0) {
        line_set(out, VERIFY_FAIL, "%s with %.200s, not with the key of kms_key_arn", how,
                 p->kms_key);
    } else {
        line_set(out, VERIFY_OK, "%s with %.200s", how, p->kms_key);
    }
}

void check_object_kms(struct verify_subject *s, struct verify_line *out)
{
    if (!line_needs_object(s, out, s->customer->kms_key_arn != NULL ? VERIFY_WARN : VERIFY_SKIP)) {
        return;
    }
    line_tried(out, "encryption of s3://%s/%s", s->customer->bucket, s->newest.key);
    if (s->newest.key_denied) {
        line_failed(out, &s->newest.err);
    } else if (!s->newest.read) {
        line_set(out, VERIFY_SKIP, "the object cannot be read");
    } else {
        compare_key(s, out);
    }
}

void check_object_version(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    struct s3_peek peek;
    if (!s->customer->versioned) {
        line_set(out, VERIFY_SKIP, "versioned is not set");
        return;
    }
    if (!line_needs_object(s, out, VERIFY_SKIP)) {
        return;
    }
    if (!s->newest.read) {
        line_set(out, VERIFY_SKIP, "the object cannot be read, so its version is not known");
        return;
    }
    if (s->newest.peek.meta.version_is_etag) {
        line_set(out, VERIFY_WARN, "versioned is set, but the object has no version id");
        return;
    }
    line_tried(out, "GET of one byte of version %.300s of s3://%s/%s", s->newest.peek.meta.version,
               s->customer->bucket, s->newest.key);
    struct s3_object o = subject_object(s, newest_key(s));
    o.version_id = span_str(s->newest.peek.meta.version);
    if (s3_peek(s->s3, &o, s->reader, 1, &peek, &e) != FAIL_NONE) {
        line_failed(out, &e);
    }
}

/* ---- Any party ---- */

static bool err_may_pass(const struct err *e)
{
    return e->kind == FAIL_AGAIN || e->kind == FAIL_THROTTLED || e->kind == FAIL_STOPPED;
}

void check_object_public(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    struct s3_peek peek;
    if (!line_needs_object(s, out, VERIFY_SKIP)) {
        return;
    }
    line_tried(out, "GET of s3://%s/%s without credentials", s->customer->bucket, s->newest.key);
    struct s3_object o = subject_object(s, newest_key(s));
    o.owner = SPAN("");
    o.access_point = SPAN(""); /* of the bucket itself */
    o.request_payer = false;
    enum err_kind kind = s3_peek(s->s3, &o, NULL, 1, &peek, &e);
    out->err = e;
    if (kind == FAIL_NONE) {
        out->disproved = true;
        line_set(out, VERIFY_FAIL, "any party can read the object");
    } else if (kind == FAIL_DENIED) {
        line_set(out, VERIFY_OK, "denied, as it must be");
    } else if (err_may_pass(&e)) {
        line_unproved(out, &e);
    } else {
        /*
         * S3 lets the request in, and only the key needs a signature: InvalidArgument of an object
         * under SSE-KMS, also for anonymous requests (AWS re:Post, Knowledge Center,
         * "s3-kms-signature-version-error").
         */
        out->disproved = e.kind == FAIL_DATA;
        line_set(out, VERIFY_FAIL, "S3 does not deny it to any party: %s", e.text);
    }
}
