/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt.c - s3 ▸ decode ▸ framing ▸ normalizer ▸ sink.
 *
 * An attempt resets every stage: decoder, framing, ordinals, counts. So a retry produces the same
 * bytes with the same ids, and s3_get may restart the body when the pinned version was replaced.
 *
 * Damaged compression does not end the transfer. Only when every byte has arrived with a correct
 * checksum is it certain that the object is damaged, and not the transfer.
 */
#include "attempt_priv.h"

#include "base/alloc.h"
#include "base/log.h"

#include <stdlib.h>

enum {
    RATIO_FROM_BYTES = 64 * 1024 * 1024,
    OBJECT_NAME_BYTES = 8 * 1024,
};

struct attempt *attempt_new(const struct attempt_parts *parts)
{
    struct attempt *a = mem_zeros(1, sizeof(*a));
    const struct conf *conf = parts->produce.conf;
    size_t line = conf->limits.line_bytes;
    struct decode_limits limits = {
        .object_bytes = conf->limits.object_bytes,
        .ratio = conf->limits.ratio,
        .ratio_from = RATIO_FROM_BYTES,
        .zstd_window_bytes = conf->limits.zstd_window_bytes,
        .ask_for_windows = true,
        .ask_for_turns = true,
    };
    a->parts = parts;
    a->s3 = s3_new(parts->s3);
    a->decode = decode_new(&limits);
    a->framing = framing_new(line, line < NORMALIZE_HEAD_BYTES ? line : NORMALIZE_HEAD_BYTES);
    a->normalizer = normalizer_new(parts->normalize);
    reading_init(&a->reading);
    a->object = (struct buf)BUF_INIT(OBJECT_NAME_BYTES);
    produce_init(&a->produce, &parts->produce);
    return a;
}

void attempt_free(struct attempt *a)
{
    if (a == NULL) {
        return;
    }
    s3_free(a->s3);
    decode_free(a->decode);
    framing_free(a->framing);
    normalizer_free(a->normalizer);
    reading_done(&a->reading);
    produce_done(&a->produce);
    buf_done(&a->before.waiting);
    buf_done(&a->object);
    free(a);
}

/* ---- The stages of a byte ---- */

static void counts_clear(struct attempt *a)
{
    a->damage = (struct err){.kind = FAIL_NONE};
    a->lines = a->events = a->rejects = a->object_bytes = 0;
}

/* Those of the configuration that the object's customer has, which a reload may have changed. */
static void set_limits(struct attempt *a)
{
    const struct conf *whole = a->customer != NULL ? a->customer->whole : a->parts->produce.conf;
    decode_set_limits(a->decode, whole->limits.object_bytes, whole->limits.ratio);
}

static void attempt_restart(struct attempt *a)
{
    decode_reset(a->decode);
    set_limits(a);
    framing_reset(a->framing);
    reading_clear(&a->reading);
    counts_clear(a);
    a->ready = true;
    a->origin = (struct object_origin){
        .customer = a->customer != NULL ? a->customer->id : SPAN(""),
        .object = buf_span(&a->object),
        .version = span_str(a->meta.version),
        .version_is_etag = a->meta.version_is_etag,
        .modified_ns = a->meta.modified_ns,
    };
    normalizer_object(a->normalizer, &a->origin,
                      a->customer != NULL ? a->customer->conf->rules : NULL);
    normalizer_limit(a->normalizer,
                     a->customer != NULL ? atomic_load(&a->customer->event_bytes) : SIZE_MAX);
}

static void attempt_beat(const struct attempt *a)
{
    pulse_beat(a->parts->produce.pulse, clock_mono_ms(a->parts->produce.clock));
}

struct span attempt_notified_version(const struct attempt *a)
{
    const struct notification_record *r = a->record;
    return r->version_id.n != 0 ? r->version_id : r->etag;
}

static void log_replaced(const struct attempt *a)
{
    log_write(LOG_INFO, "current version read", KV_SPAN("customer", a->customer->id),
              KV_SPAN("object", buf_span(&a->object)),
              KV_SPAN("notified_version", attempt_notified_version(a)),
              KV_STR("version", a->meta.version),
              KV_STR("next", "the version of the notification is gone; the current one is read "
                             "from its beginning"));
}

static enum err_kind attempt_begin(void *ctx, const struct s3_meta *meta, struct err *e)
{
    struct attempt *a = ctx;
    attempt_beat(a);
    a->meta = *meta;
    a->started = true;
    if (meta->replaced) {
        log_replaced(a);
    }
    attempt_restart(a);
    if (a->empty_only && meta->length != 0) {
        a->not_empty = true;
        return err_set(e, FAIL_DATA, "s3: the object is not empty");
    }
    return FAIL_NONE;
}

/* said: of the decoder, or none. FAIL_FORMAT: nothing came of the object. Else FAIL_NONE. */
static enum err_kind attempt_judge(struct attempt *a, const struct err *said, struct err *e)
{
    struct err words = *said;
    if (!reading_unreadable(&a->reading, a->decode, &words)) {
        return FAIL_NONE;
    }
    *e = words;
    return e->kind;
}

/* Whether to read on. */
static enum err_kind attempt_look(struct attempt *a, struct err *e)
{
    double share = a->customer->whole->limits.reject_share;
    if (reading_stops(&a->reading)) {
        return attempt_judge(a, &a->damage, e);
    }
    if (reading_share_passed(&a->reading, share)) {
        if (attempt_release_rest(a, e) != FAIL_NONE) {
            return e->kind;
        }
        return reading_share_err(&a->reading, e);
    }
    return FAIL_NONE;
}

static enum err_kind attempt_piece(struct attempt *a, const struct piece *piece, struct err *e)
{
    struct output output;
    bool part =
        piece->kind == PIECE_LIST || piece->kind == PIECE_LIST_END || piece->kind == PIECE_UNREAD;
    a->lines += part ? 0 : piece->count;
    reading_piece(&a->reading, piece);
    bool large = piece->text.n > ATTEMPT_SMALL_BYTES || piece->request_level > 0;
    if (large && attempt_be_large(a, e) != FAIL_NONE) {
        return e->kind;
    }
    normalizer_piece(a->normalizer, piece);
    while (attempt_next_output(a, &output)) {
        if (reading_output(&a->reading, piece, &output) == READING_PRODUCE &&
            attempt_produce_piece(a, &output, e) != FAIL_NONE) {
            return e->kind;
        }
        attempt_work_steps(a);
    }
    attempt_work_steps(a);
    if (piece->text.n > ATTEMPT_SMALL_BYTES && attempt_wanted(a, e) != FAIL_NONE) {
        return e->kind;
    }
    a->produce.dropped += normalizer_dropped_behind(a->normalizer);
    a->produce.skipped += normalizer_skipped(a->normalizer);
    reading_skipped(&a->reading, normalizer_skipped(a->normalizer));
    framing_answer(a->framing, normalizer_answer(a->normalizer));
    return attempt_look(a, e);
}

static enum err_kind attempt_text(struct attempt *a, struct span text, struct err *e)
{
    struct piece piece;
    const char *lost = inflight_lost(a->inflight);
    if (lost != NULL) {
        return err_set(e, FAIL_LOST, "%s", lost);
    }
    if (framing_stored(a->framing) > ATTEMPT_SMALL_BYTES && attempt_be_large(a, e) != FAIL_NONE) {
        return e->kind;
    }
    enum err_kind kind = FAIL_NONE;
    while (kind == FAIL_NONE && text.n > 0) {
        struct span part = reading_text(&a->reading, &text);
        while (kind == FAIL_NONE && framing_next(a->framing, &part, &piece)) {
            kind = attempt_piece(a, &piece, e);
        }
        kind = kind == FAIL_NONE ? attempt_look(a, e) : kind; /* a piece may be long in coming */
    }
    produce_count(&a->produce, a->customer);
    return kind;
}

/* The result for an error of the decoder. */
static enum err_kind decoder_result(struct attempt *a, const struct err *said, struct err *e)
{
    if (said->kind == FAIL_FORMAT) {
        return attempt_judge(a, said, e);
    }
    if (said->kind == FAIL_LIMIT) {
        if (attempt_release_rest(a, e) == FAIL_NONE) {
            *e = *said;
        }
        return e->kind;
    }
    a->damage = *said; /* FAIL_DATA or FAIL_NONE */
    return FAIL_NONE;
}

/*
 * Between two texts, and after DECODE_STEPS steps without one: show progress, offer the core, and
 * check whether to read on. A chunk of 16 KiB may become gigabytes, with or without text.
 */
static enum err_kind between_texts(struct attempt *a, struct err *e)
{
    attempt_beat(a);
    attempt_work_yields(a);
    return attempt_wanted(a, e);
}

/*
 * The next text of *in, or of the end of the object if in is NULL. FAIL_NONE with an empty text:
 * there is none now, and *said is the decoder's result.
 */
static enum err_kind next_text(struct attempt *a, struct span *in, struct span *text,
                               struct err *said, struct err *e)
{
    struct decode *d = a->decode;
    while (in != NULL ? !decode_next(d, in, text, said) : !decode_last(d, text, said)) {
        if (decode_found(d)->worked_long) {
            if (between_texts(a, e) != FAIL_NONE) {
                return e->kind;
            }
            continue;
        }
        if (!decode_found(d)->wants_windows) {
            *text = SPAN("");
            return FAIL_NONE;
        }
        if (attempt_be_large(a, e) != FAIL_NONE) {
            return e->kind;
        }
        decode_allow_windows(d);
    }
    return FAIL_NONE;
}

static enum err_kind process_body(struct attempt *a, struct span bytes, struct err *e)
{
    struct err said = {.kind = FAIL_NONE};
    struct span text;
    a->object_bytes += bytes.n;
    attempt_beat(a);
    if (a->damage.kind != FAIL_NONE) {
        return FAIL_NONE; /* the rest is read only for the checksum */
    }
    enum err_kind kind = FAIL_NONE;
    while ((kind = next_text(a, &bytes, &text, &said, e)) == FAIL_NONE && text.n > 0) {
        if (attempt_text(a, text, e) != FAIL_NONE || between_texts(a, e) != FAIL_NONE) {
            return e->kind;
        }
    }
    return kind == FAIL_NONE ? decoder_result(a, &said, e) : kind;
}

/* A buffer is processed on a core of its own (flow/turns.h). */
static enum err_kind attempt_body(void *ctx, struct span bytes, struct err *e)
{
    struct attempt *a = ctx;
    attempt_work_begins(a);
    enum err_kind kind = process_body(a, bytes, e);
    attempt_work_ends(a);
    return kind;
}

/*
 * Every byte arrived: process the last line or value, also of a damaged object. Of that one closed
 * values are complete, whatever came after them, and what is not closed becomes a reject.
 */
static enum err_kind process_end(struct attempt *a, struct err *e)
{
    struct err said = {.kind = FAIL_NONE};
    struct piece piece;
    struct span text;
    enum err_kind kind = FAIL_NONE;
    while (a->damage.kind == FAIL_NONE &&
           (kind = next_text(a, NULL, &text, &said, e)) == FAIL_NONE && text.n > 0) {
        if (attempt_text(a, text, e) != FAIL_NONE || between_texts(a, e) != FAIL_NONE) {
            return e->kind;
        }
    }
    if (kind != FAIL_NONE) {
        return kind;
    }
    if (a->damage.kind == FAIL_NONE && decoder_result(a, &said, e) != FAIL_NONE) {
        return e->kind;
    }
    bool damaged = a->damage.kind != FAIL_NONE;
    if (damaged) {
        reading_torn(&a->reading);
    }
    while (kind == FAIL_NONE && framing_last(a->framing, &piece)) {
        kind = attempt_piece(a, &piece, e);
    }
    produce_count(&a->produce, a->customer);
    if (kind != FAIL_NONE || attempt_judge(a, &a->damage, e) != FAIL_NONE ||
        attempt_release_rest(a, e) != FAIL_NONE) {
        return e->kind;
    }
    if (damaged) {
        reading_unverified(&a->reading, &a->damage);
    }
    return damaged ? attempt_reject(a, REJECT_TRUNCATED_OBJECT, span_str(a->damage.text),
                                    decode_bytes(a->decode), e)
                   : FAIL_NONE;
}

static enum err_kind attempt_end(struct attempt *a, struct err *e)
{
    attempt_work_begins(a);
    enum err_kind kind = process_end(a, e);
    attempt_work_ends(a);
    return kind;
}

/* ---- The object of an attempt ---- */

void attempt_set_object(struct attempt *a, struct inflight *m,
                        const struct notification_record *record)
{
    buf_clear(&a->object);
    buf_add(&a->object, SPAN("s3://"));
    buf_add(&a->object, record->bucket);
    buf_add(&a->object, SPAN("/"));
    buf_add(&a->object, record->key);
    a->inflight = m;
    a->record = record;
    a->meta = (struct s3_meta){.length = -1};
    struct span version = attempt_notified_version(a); /* for rejects of unread objects */
    if (version.n < sizeof(a->meta.version)) {
        memcpy(a->meta.version, version.p, version.n);
    }
    produce_object(&a->produce, buf_span(&a->object));
}

void attempt_set_delivery(struct attempt *a, struct delivery *d)
{
    a->delivery = d;
    a->customer = d->customer;
    a->ready = false;
    a->started = false;
    a->probe = false;
    a->empty_only = false;
    a->not_empty = false;
    a->recalled = false;
    buf_done(&a->before.waiting);
    counts_clear(a);
}

/* ---- Versions that failed before ---- */

/*
 * Whether the current version is one that failed at an earlier receive; *e is that failure. It
 * costs a HEAD request. If that fails, the GET request finds out why.
 */
static bool failed_before(struct attempt *a, const struct s3_object *object,
                          struct creds_source *creds, const struct s3_consumer *consumer,
                          struct err *e)
{
    struct s3_meta meta;
    struct err ignored;
    struct span name = buf_span(&a->object);
    if (a->empty_only || !failed_objects_know(a->customer, name) ||
        s3_head(a->s3, object, creds, consumer, &meta, &ignored) != FAIL_NONE ||
        !failed_objects_recall(a->customer, name, span_str(meta.version),
                               inflight_last_delivery(a->inflight), &a->before)) {
        return false;
    }
    a->meta = meta;
    a->started = true;
    a->recalled = true;
    attempt_restart(a);
    *e = a->before.err;
    return true;
}

bool attempt_failed(struct attempt *a, const struct err *e, struct failed_read *out)
{
    bool object = a->subject == ABOUT_OBJECT && a->started && !a->not_empty;
    bool final = e->kind == FAIL_FORMAT || e->kind == FAIL_LIMIT || e->kind == FAIL_DATA;
    if (!object || !final || a->recalled || a->meta.version[0] == '\0') {
        return false;
    }
    *out = (struct failed_read){.err = *e,
                                .lines = a->lines,
                                .events = a->events,
                                .rejects = a->rejects,
                                .bytes = a->object_bytes,
                                .waiting = BUF_INIT(READING_PACKED_BYTES)};
    if (e->kind == FAIL_FORMAT) {
        reading_pack(&a->reading, a->normalizer, &out->waiting);
    }
    if (out->waiting.overflowed) { /* the last receive reads the object again */
        buf_done(&out->waiting);
        return false;
    }
    return true;
}

/* ---- One attempt ---- */

static enum err_kind read_object(struct attempt *a, struct err *e)
{
    const struct customer_conf *conf = a->customer->conf;
    struct creds_source *creds = NULL;
    a->started = false;
    a->subject = ABOUT_ROLE;
    err_clear(e);
    attempt_beat(a);
    if (customer_creds(a->customer, &creds, e) != FAIL_NONE) {
        return e->kind;
    }

    a->subject = ABOUT_OBJECT;
    attempt_beat(a);
    struct s3_object object = {
        .bucket = a->record->bucket,
        .key = a->record->key,
        .version_id = conf->versioned ? a->record->version_id : SPAN(""),
        .region = span_str(conf->region),
        .access_point = span_str(conf->access_point),
        .owner = span_str(conf->account_id),
        .request_payer = conf->request_payer,
    };
    struct s3_consumer consumer = {.ctx = a,
                                   .begin = attempt_begin,
                                   .body = attempt_body,
                                   .look = attempt_watch,
                                   .failed_ms = &a->failed_ms};
    if (failed_before(a, &object, creds, &consumer, e)) {
        return e->kind;
    }
    enum err_kind kind = s3_get(a->s3, &object, creds, &consumer, e);
    if (kind != FAIL_NONE && creds_refused(creds, e)) {
        a->subject = ABOUT_ROLE;
        return kind;
    }
    if (kind == FAIL_KMS && conf->session_policy == SESSION_POLICY_NO_KMS) {
        return err_wrap(e, "the session policy has no kms:Decrypt: set the customer's kms_key_arn "
                           "or session_policy = \"full\"");
    }
    return kind == FAIL_NONE ? attempt_end(a, e) : kind;
}

enum err_kind attempt_run(struct attempt *a, struct err *e)
{
    enum err_kind kind = read_object(a, e);
    attempt_be_small(a);
    return kind;
}

enum err_kind attempt_reject(struct attempt *a, enum reject_reason reason, struct span detail,
                             uint64_t offset, struct err *e)
{
    struct output output;
    if (!a->ready) {
        attempt_restart(a);
    }
    normalizer_reject_object(a->normalizer, reason, detail, offset, &output);
    return attempt_produce(a, &output, e);
}

uint64_t attempt_text_bytes(const struct attempt *a)
{
    return a->ready ? decode_bytes(a->decode) : 0;
}
