/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normalize.h - a piece of a customer's object becomes events of schema 1.0 and rejects.
 *
 * All of event/ is behind this header. Pure: the same lines, origin and rules give the same bytes.
 *
 *     normalizer_object(n, &origin, rules);            // each attempt at an object
 *     while (framing_next(f, &text, &piece)) {
 *         normalizer_piece(n, &piece);
 *         while (normalizer_next(n, &output)) {
 *             ... produce output.value under a key made of output.key ...
 *         }
 *         framing_answer(f, normalizer_answer(n));
 *     }
 *
 * Converters. The buffers in which records are converted need far more memory than the state of an
 * object, so they are a part of their own. A program with many normalizers attaches a converter
 * only while a thread works:
 *
 *     normalizer_attach(n, converter);
 *     ... normalizer_piece, normalizer_next ...
 *     normalizer_keep(n, &output); normalizer_detach(n);   // also between two outputs of a piece
 *
 * No allocation per piece on the pass-through path. Threads: one at a time per normalizer, and per
 * converter.
 */
#ifndef EVENT_NORMALIZE_H
#define EVENT_NORMALIZE_H

#include "base/own.h"
#include "base/span.h"
#include "codec/framing.h"
#include "event/output.h"
#include "event/record/steps.h"

struct rules; /* of one customer: event/schema/rules.h. NULL: only the built-in rules */

struct long_lines; /* readers that all normalizers share: event/record/long_lines.h */
struct converter;

/* What framing keeps of a line or value above the limit, for the sample of its reject. */
enum { NORMALIZE_HEAD_BYTES = 64 * 1024 };

struct normalize_options {
    size_t event_bytes;  /* most bytes of a record's value (limits.event_bytes) */
    size_t line_bytes;   /* longest line or value there will be (limits.line_bytes) */
    size_t sample_bytes; /* rejects.sample_bytes, 0 = no samples */
    /* Borrowed: what reads and converts pieces above 64 KiB. NULL: the normalizer makes its own. */
    struct long_lines *long_lines;
    struct converter *long_converter;
    bool attached;           /* converters are attached to it; false: it has one of its own */
    bool never_pass_through; /* for tests: records that could pass through take the repair path */
};

/* Never NULL. One for pieces up to 64 KiB, and options.long_converter for longer ones. */
struct converter *converter_new(const struct normalize_options *o);
struct converter *converter_new_long(const struct normalize_options *o);
void converter_free(struct converter *c);
DEFINE_OWNED(converter);

struct normalizer;

/* Never NULL (aborts when out of memory). */
struct normalizer *normalizer_new(const struct normalize_options *o);
void normalizer_free(struct normalizer *n);
DEFINE_OWNED(normalizer);

/* Begin an attempt at an object: its ordinals start at 0. Origin and rules are borrowed. */
void normalizer_object(struct normalizer *n, const struct object_origin *origin,
                       const struct rules *rules);

/*
 * Lower the limit of an output's value for this object; options.event_bytes is the upper bound. The
 * topic of a customer may have a lower limit than others.
 */
void normalizer_limit(struct normalizer *n, size_t event_bytes);

/*
 * With options.attached: lend it a converter, which normalizer_piece and normalizer_next need; and
 * take it back. Any converter will do. *c is used by no other normalizer meanwhile.
 */
void normalizer_attach(struct normalizer *n, struct converter *c);
void normalizer_detach(struct normalizer *n);

/* Before normalizer_detach: copy the output that was returned last, so that it stays valid. */
void normalizer_keep(struct normalizer *n, struct output *out);

/* Release what large pieces needed, when nothing more of the object will be read. */
void normalizer_trim(struct normalizer *n);

/*
 * Most memory: of a normalizer to which converters are attached, without the copies that it makes
 * of a piece; of these copies; of a converter for pieces up to so many bytes, without its readers.
 */
size_t normalizer_bytes(void);
size_t normalizer_copies_bytes(size_t piece_bytes);
size_t converter_bytes(size_t piece_bytes, size_t event_bytes);

/* Begin a piece of the object, which is borrowed until the next one. */
void normalizer_piece(struct normalizer *n, const struct piece *piece);

/*
 * The next output of the piece, in document order. False: the piece is done.
 *
 * Nothing that other normalizers need is held between two calls: the caller may wait as long as it
 * likes, or give the next piece before this one is done. In a call a text above 64 KiB may wait
 * for its turn at the shared readers, behind a bounded amount of work of each other normalizer.
 */
MUST_USE bool normalizer_next(struct normalizer *n, struct output *out);

/*
 * Whether the next call of normalizer_next needs the shared readers. A caller that has a core, for
 * which others wait, takes the readers itself for that one call, so that it waits without the core:
 *
 *     ... normalizer_detach(n), release the core ...
 *     normalizer_take_readers(n, on_step, ctx);
 *     ... take a core ...
 *     more = normalizer_next(n, &output);
 *     normalizer_release_readers(n);
 *     ... normalizer_attach(n, the converter of the core) ...   // the output stays valid
 *
 * on_step is called again and again during normalizer_next, and may wait. If it returns false, the
 * piece has no further output.
 */
MUST_USE bool normalizer_needs_readers(const struct normalizer *n);
void normalizer_take_readers(struct normalizer *n, step_fn *on_step, void *ctx);
void normalizer_release_readers(struct normalizer *n);

/*
 * Events of earlier pieces that had members of their envelope dropped (`members_dropped`), which
 * became known with this piece: the members stand after a list that is read element by element.
 */
MUST_USE uint64_t normalizer_dropped_behind(const struct normalizer *n);

/*
 * Values of the piece, once it is done, that hold nothing: control messages of CloudWatch Logs and
 * OTLP requests without records. They have neither an event nor a reject.
 */
MUST_USE uint64_t normalizer_skipped(const struct normalizer *n);

/* What the framing has to know, once the piece is done. */
MUST_USE enum framing_answer normalizer_answer(const struct normalizer *n);

/*
 * Make a reject for the object as a whole (truncated_object, bomb, object, not_ours). Needs no
 * piece and no converter. `detail` is a text of the worker, not of the customer.
 */
void normalizer_reject_object(struct normalizer *n, enum reject_reason reason, struct span detail,
                              uint64_t offset, struct output *out);

/* Make one reject for several of the reason that are only counted. */
struct reject_rest;
void normalizer_reject_rest(struct normalizer *n, enum reject_reason reason,
                            const struct reject_rest *rest, struct output *out);

#endif
