/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transfer of one object is a loop of attempts. Each is a GET from the byte that the consumer
 * needs next. The headers of a response determine what happens, before its first byte is passed on.
 */
#include "net/s3.h"

#include "codec/url.h"
#include "s3_priv.h"

#include <stdio.h>

enum {
    KEY_MAX = 1024,
    TRIES = 5,                 /* consecutive attempts without a byte */
    ATTEMPTS = 100,            /* in total, plus one for each ... */
    ATTEMPT_BYTES = 16 * 1024, /* ... of these: single bytes do not suffice */
    RESTARTS = 3,              /* how often the object may be replaced during the transfer */
    BACKOFF_MS = 50,
    BACKOFF_MAX_MS = 5000,
    QUERY_BYTES = 8 * 1024,
};

struct transfer {
    struct s3 *s;
    const struct s3_object *o;
    struct creds_source *creds;
    const struct s3_consumer *to;

    bool by_version;       /* o->version_id pins it; false: the current version is read */
    bool verified_by_list; /* a denial was checked by a list; once is enough */
    bool started;          /* `first` is valid; its bytes up to `offset` were passed on */
    struct s3_head first;  /* of the response with byte 0 */
    int64_t offset;
    unsigned restarts;

    int64_t attempts;
    unsigned tries; /* since the last progress, at `mark` */
    int64_t mark;

    /* Of the current attempt. */
    bool head_checked; /* the headers of the response were checked */
    int64_t skip;      /* bytes of this response that were already passed on */
    bool refused;      /* by the consumer, which ends the transfer */
};

/* ---- A response ---- */

static enum err_kind begin_body(struct transfer *t, const struct s3_head *head, struct err *e)
{
    struct s3_meta meta = {.version_is_etag = head->version[0] == '\0',
                           .modified_ns = head->modified_ns,
                           .length = head->length,
                           .replaced = t->restarts != 0};
    s3_head_name(head, meta.version);
    s3_head_etag(head, meta.etag);
    t->first = *head;
    t->started = true;
    t->offset = 0;
    checksum_start(&t->s->checksum, head->checksum.kind);
    enum err_kind kind = t->to->begin(t->to->ctx, &meta, e);
    t->refused = kind != FAIL_NONE;
    return kind;
}

static bool same_bytes(const struct s3_head *a, const struct s3_head *b)
{
    return a->etag[0] != '\0' && strcmp(a->etag, b->etag) == 0 && a->length == b->length;
}

/* Check that a part begins at the next byte of the same version. */
static enum err_kind look_at_part(struct transfer *t, const struct http_answer *a,
                                  const struct s3_head *head, struct err *e)
{
    bool same = head->etag[0] == '\0' || strcmp(head->etag, t->first.etag) == 0;
    if (!t->started || !same ||
        s3_part_check(a->status, buf_span(&a->head), t->offset, t->first.length) != S3_PART_RIGHT) {
        return err_set(e, FAIL_AGAIN, "s3: the answer is not the part that was asked for");
    }
    return FAIL_NONE;
}

static enum err_kind check_head(struct transfer *t, const struct http_answer *a, struct err *e)
{
    struct s3_head head;
    t->head_checked = true;
    s3_head_read(&head, buf_span(&a->head));
    if (a->status == 206) {
        return look_at_part(t, a, &head, e);
    }
    if (a->status != 200 || !a->sized) {
        return err_set(e, FAIL_AGAIN, "s3: an answer without an end (HTTP %d)", a->status);
    }
    if (t->started && same_bytes(&head, &t->first)) { /* Range was ignored: the same bytes from 0 */
        t->skip = t->offset;
        return FAIL_NONE;
    }
    return begin_body(t, &head, e);
}

static enum err_kind on_body(void *ctx, const struct http_answer *a, struct span bytes,
                             struct err *e)
{
    struct transfer *t = ctx;
    if (!t->head_checked) {
        enum err_kind kind = check_head(t, a, e);
        if (kind != FAIL_NONE) {
            return kind;
        }
    }
    size_t skip = t->skip < (int64_t)bytes.n ? (size_t)t->skip : bytes.n;
    (void)span_take(&bytes, skip);
    t->skip -= (int64_t)skip;
    if (bytes.n == 0) {
        return FAIL_NONE;
    }
    checksum_add(&t->s->checksum, bytes);
    t->offset += (int64_t)bytes.n;
    enum err_kind kind = t->to->body(t->to->ctx, bytes, e);
    t->refused = kind != FAIL_NONE;
    return kind;
}

/* ---- An attempt ---- */

/* "" or versionId=... */
static void build_query(const struct transfer *t, struct buf *query)
{
    if (t->by_version) {
        buf_add(query, SPAN("versionId="));
        url_encode(query, t->o->version_id);
    }
}

static enum err_kind run_attempt(struct transfer *t, struct fault *f, struct err *e)
{
    char range[40];
    struct http_header headers[S3_CALL_HEADERS] = {{SPAN("x-amz-checksum-mode"), SPAN("ENABLED")}};
    struct http_sink sink = {t, on_body};
    struct buf query = BUF_INIT(QUERY_BYTES);
    struct s3_call c = {.method = "GET",
                        .object = t->o,
                        .key = t->o->key,
                        .headers = headers,
                        .header_count = 1,
                        .sink = &sink,
                        .creds = t->creds};
    if (t->offset > 0) {
        (void)snprintf(range, sizeof(range), "bytes=%lld-", (long long)t->offset);
        headers[c.header_count++] = (struct http_header){SPAN("Range"), span_str(range)};
        headers[c.header_count++] = (struct http_header){SPAN("If-Match"), span_str(t->first.etag)};
    }
    build_query(t, &query);
    c.query = buf_span(&query);
    t->attempts++;
    t->head_checked = false;
    t->skip = 0;
    err_clear(e);
    enum err_kind kind = query.overflowed ? err_set(e, FAIL_DATA, "s3: the version id is too long")
                                          : s3_send(t->s, &c, f, e);
    buf_done(&query);
    if (kind == FAIL_NONE && !t->head_checked) { /* an empty body did not call on_body */
        kind = check_head(t, &t->s->answer, e);
    }
    return kind;
}

/* The server ended the body: check its length against the first response. */
static enum err_kind finish_body(struct transfer *t, struct err *e)
{
    if (!checksum_matches(&t->s->checksum, &t->first.checksum)) {
        (void)snprintf(e->code, sizeof(e->code), "ChecksumMismatch");
        return err_set(e, FAIL_AGAIN, "s3: the bytes received do not have the object's %s checksum",
                       checksum_name(t->first.checksum.kind));
    }
    return FAIL_NONE;
}

static bool is_short(const struct transfer *t)
{
    return t->skip > 0 || (t->first.length >= 0 && t->offset != t->first.length);
}

/* ---- HEAD ---- */

static enum err_kind head_of(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                             struct s3_meta *out, struct err *e)
{
    struct fault f;
    struct s3_head head;
    struct buf query = BUF_INIT(QUERY_BYTES);
    struct transfer t = {.o = o, .by_version = o->version_id.n > 0};
    struct s3_call c = {.method = "HEAD", .object = o, .key = o->key, .creds = creds};
    err_clear(e);
    enum err_kind kind = s3_object_check(o, e);
    if (kind != FAIL_NONE) {
        return kind;
    }
    build_query(&t, &query);
    c.query = buf_span(&query);
    kind = query.overflowed ? err_set(e, FAIL_DATA, "s3: the version id is too long")
                            : s3_send(s, &c, &f, e);
    buf_done(&query);
    if (kind == FAIL_NONE) {
        s3_head_read(&head, buf_span(&s->answer.head));
        *out = (struct s3_meta){.version_is_etag = head.version[0] == '\0',
                                .modified_ns = head.modified_ns,
                                .length = head.length};
        s3_head_name(&head, out->version);
    }
    return kind;
}

/* ---- A denial ---- */

static bool head_succeeds(struct transfer *t, struct span version)
{
    struct err ignored = {0};
    struct s3_meta meta;
    struct s3_object o = *t->o;
    o.version_id = version;
    return head_of(t->s, &o, t->creds, &meta, &ignored) == FAIL_NONE;
}

/*
 * Whether the pinned version is missing, by a HEAD request, which needs no KMS key. Not if the
 * version exists, nor if the role may not read the current version by its id either.
 */
static bool lacks_version(struct transfer *t)
{
    struct s3_head now;
    if (head_succeeds(t, t->o->version_id) || !head_succeeds(t, SPAN(""))) {
        return false;
    }
    s3_head_read(&now, buf_span(&t->s->answer.head));
    return head_succeeds(t, now.version[0] != '\0' ? span_str(now.version) : SPAN("null"));
}

/*
 * Check whether a denial hides a missing key. A role that may list only a prefix gets AccessDenied
 * for a missing key or version too (research/aws.md §9 point 7). Result: FAIL_GONE if the key is
 * not listed, FAIL_SUPERSEDED if only the pinned version is missing, the error of the list if it
 * may succeed later, else the denial.
 */
static enum err_kind check_denial(struct transfer *t, struct err *e)
{
    bool there = false;
    struct err why = {0};
    t->verified_by_list = true;
    enum err_kind kind = s3_find(t->s, t->o, t->creds, &there, &why);
    if (kind == FAIL_AGAIN || kind == FAIL_THROTTLED || kind == FAIL_SKEW || kind == FAIL_STOPPED ||
        kind == FAIL_LOST) {
        *e = why;
        return err_wrap(e, "denied, or not there: to be listed");
    }
    if (kind == FAIL_NONE && !there) {
        e->kind = FAIL_GONE;
        return err_wrap(e, "there is no such key in the list");
    }
    if (kind == FAIL_NONE && t->by_version && lacks_version(t)) {
        e->kind = FAIL_SUPERSEDED;
    }
    return e->kind;
}

/* ---- After an attempt ---- */

/* Read the current version from its beginning instead of the replaced one. */
static bool restart_current(struct transfer *t)
{
    bool pinned = t->by_version || t->offset > 0;
    if (!pinned || t->restarts == RESTARTS) {
        return false;
    }
    t->restarts++;
    t->by_version = false;
    t->started = false;
    t->offset = 0;
    t->mark = 0;
    t->tries = 0;
    return true;
}

static bool is_superseded(const struct transfer *t, enum err_kind kind)
{
    bool reported =
        kind == FAIL_GONE && t->by_version && !t->verified_by_list; /* S3 reported it missing */
    return kind == FAIL_SUPERSEDED || reported;
}

/*
 * Whether the connection broke, or the server failed during a resumption: another attempt may
 * succeed.
 */
static bool is_broken(const struct transfer *t, enum err_kind kind, const struct fault *f)
{
    if (f->status < 300) {
        return kind == FAIL_AGAIN;
    }
    return t->offset > 0 && (kind == FAIL_AGAIN || kind == FAIL_THROTTLED) && f->status >= 500;
}

/* Wait for a time that grows with each attempt without progress. False: stopped. */
static bool back_off(struct transfer *t, struct err *e)
{
    int64_t most = BACKOFF_MS << t->tries;
    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    int64_t ms = t->tries > 0 ? (int64_t)rng_below(&t->s->rng, (uint64_t)most) : 0;
    if (!http_wait(t->s->http, ms)) {
        (void)err_set(e, FAIL_STOPPED, "s3: stopped");
        return false;
    }
    return true;
}

/* The first failure since the last progress is evidence of an outage. */
static void note_failure(const struct transfer *t)
{
    int64_t *failed_ms = t->to->failed_ms;
    if (failed_ms != NULL && (*failed_ms == 0 || t->offset > t->mark)) {
        *failed_ms = clock_mono_ms(t->s->signer.clock);
    }
}

/* Prepare the next attempt. False: the attempts are used up, or stopped; *e has the reason. */
static bool may_try(struct transfer *t, struct err *e)
{
    note_failure(t);
    t->tries = t->offset > t->mark ? 0 : t->tries + 1;
    t->mark = t->offset;
    if (t->tries == TRIES || t->attempts >= ATTEMPTS + t->offset / ATTEMPT_BYTES) {
        (void)err_wrap(e, "s3: after %lld requests of this attempt, at byte %lld",
                       (long long)t->attempts, (long long)t->offset);
        return false;
    }
    if (!back_off(t, e)) {
        return false;
    }
    if (t->offset > 0 && t->first.etag[0] == '\0') { /* nothing to pin with: restart */
        t->started = false;
        t->offset = 0; /* `mark` stays: reading the same bytes again is no progress */
    }
    return true;
}

/* Decide after an attempt. True: make another one. False: *kind is the result. */
static bool goes_on(struct transfer *t, enum err_kind *kind, const struct fault *f, struct err *e)
{
    if (*kind == FAIL_NONE && is_short(t)) {
        *kind = err_set(e, FAIL_AGAIN, "s3: the body ended at byte %lld of %lld",
                        (long long)t->offset, (long long)t->first.length);
    }
    if (*kind == FAIL_NONE || t->refused) {
        return false;
    }
    if (f->status == 416 && t->started &&
        s3_part_check(416, buf_span(&t->s->answer.head), t->offset, t->first.length) ==
            S3_PART_COMPLETE) {
        err_clear(e);
        *kind = FAIL_NONE;
        return false;
    }
    if (s3_fault_hides(f) && !t->verified_by_list) {
        *kind = check_denial(t, e);
    }
    if (is_superseded(t, *kind) && restart_current(t)) {
        return true;
    }
    if (is_broken(t, *kind, f) && may_try(t, e)) {
        return true;
    }
    *kind = e->kind;
    if (*kind == FAIL_SUPERSEDED && t->restarts < RESTARTS) { /* no version pinned */
        (void)err_wrap(e, "there is no current version");
        e->kind = FAIL_GONE;
        *kind = FAIL_GONE;
    }
    return false;
}

enum err_kind s3_get(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                     const struct s3_consumer *to, struct err *e)
{
    struct fault f;
    struct transfer t = {.s = s, .o = o, .creds = creds, .to = to};
    enum err_kind kind = s3_object_check(o, e);
    if (kind == FAIL_NONE && (o->key.n == 0 || o->key.n > KEY_MAX)) {
        kind = err_set(e, FAIL_DATA, "s3: a key has 1 to %d bytes", KEY_MAX);
    }
    if (kind != FAIL_NONE) {
        return kind;
    }
    t.by_version = o->version_id.n > 0;
    s->watch = (struct http_watch){to->ctx, to->look};
    do {
        kind = run_attempt(&t, &f, e);
    } while (goes_on(&t, &kind, &f, e));
    s->watch.look = NULL;
    return kind == FAIL_NONE ? finish_body(&t, e) : kind;
}

enum err_kind s3_head(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                      const struct s3_consumer *to, struct s3_meta *out, struct err *e)
{
    s->watch = (struct http_watch){to->ctx, to->look};
    enum err_kind kind = head_of(s, o, creds, out, e);
    s->watch.look = NULL;
    return kind;
}
