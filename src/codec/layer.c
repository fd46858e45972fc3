/* SPDX-License-Identifier: Apache-2.0 */
#include "layer_priv.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { SKIP_HEADER_BYTES = 8 };

/* The formats that may follow skippable frames at the start. */
static const struct unpack_type *const skippables[] = {&unpack_zstd, &unpack_lz4};
enum { SKIPPABLES = sizeof(skippables) / sizeof(skippables[0]) };

struct layer *layer_new(void)
{
    return mem_zeros(1, sizeof(struct layer));
}

static void state_release(struct layer *l)
{
    if (l->state != NULL) {
        l->state_type->release(l->state);
        l->state = NULL;
    }
}

void layer_free(struct layer *l)
{
    if (l != NULL) {
        state_release(l);
        free(l);
    }
}

void layer_begin(struct layer *l, const struct unpack_type *type)
{
    l->type = type;
    l->windows = (struct unpack_windows){0};
    l->at = LAYER_BETWEEN;
    l->seen_n = 0;
    l->in = SPAN("");
    l->in_bytes = 0;
    l->out_bytes = 0;
    l->text_n = 0;
    l->full = false;
}

void layer_trim(struct layer *l)
{
    if (l->state != NULL && l->state_type->large) {
        state_release(l);
    }
}

bool layer_is_large(const struct layer *l)
{
    return l->type == NULL || l->type->large;
}

const char *layer_name(const struct layer *l)
{
    return l->type != NULL ? l->type->name : "skippable frames of zstd or lz4";
}

/* ---- bytes between members ---- */

static bool is_padding(uint8_t c)
{
    return c == 0 || c == ' ' || c == '\r' || c == '\n';
}

static enum unpack_match skippable_match(const uint8_t *seen, size_t n)
{
    if ((seen[0] & 0xf0) != 0x50) {
        return MATCH_NO;
    }
    enum unpack_match rest =
        n == 1 ? MATCH_MORE : unpack_magic(SPAN("\x2a\x4d\x18"), seen + 1, n - 1);
    return rest == MATCH_YES && n < SKIP_HEADER_BYTES ? MATCH_MORE : rest;
}

/* The match that is more complete. */
static enum unpack_match further(enum unpack_match a, enum unpack_match b)
{
    return a > b ? a : b;
}

/* Match the seen bytes. MATCH_YES: the layer is now in a member or a skippable frame. */
static enum unpack_match seen_match(struct layer *l)
{
    enum unpack_match best = MATCH_NO;
    bool skippable = l->type == NULL || l->type->skippable;
    if (skippable && (best = skippable_match(l->seen, l->seen_n)) == MATCH_YES) {
        l->at = LAYER_SKIP;
        l->skip = unpack_number((const char *)l->seen + 4, 4);
        return MATCH_YES;
    }
    const struct unpack_type *const *types = l->type != NULL ? &l->type : skippables;
    size_t count = l->type != NULL ? 1 : SKIPPABLES;
    for (size_t i = 0; i < count; i++) {
        enum unpack_match m = types[i]->match(l->seen, l->seen_n);
        if (m == MATCH_YES) {
            l->type = types[i];
            l->at = LAYER_MEMBER;
            return MATCH_YES;
        }
        best = further(best, m);
    }
    return best;
}

/* Remove padding from the front of seen[]. False: the first byte is not padding. */
static bool padding_drop(struct layer *l)
{
    if (!is_padding(l->seen[0])) {
        return false;
    }
    l->seen_n--;
    memmove(l->seen, l->seen + 1, l->seen_n);
    return true;
}

/* ---- in a member ---- */

static bool member_step(struct layer *l, struct span *in, struct err *e)
{
    struct unpack_out out = {.p = l->block, .n = l->text_n, .cap = LAYER_BLOCK_BYTES};
    size_t had = in->n;
    enum unpack_state on = l->type->step(l->state, in, &out, e);
    bool moved = in->n != had || out.n != l->text_n;
    l->out_bytes += out.n - l->text_n;
    l->text_n = out.n;
    l->full = on == UNPACK_ON && unpack_room(&out) == 0;
    if (on == UNPACK_END) {
        l->at = LAYER_BETWEEN;
    }
    assert(moved || on != UNPACK_ON || had == 0); /* otherwise it would be called endlessly */
    return on != UNPACK_BAD;
}

/* Start a member. The seen bytes, its magic, are part of it. */
static bool member_begin(struct layer *l, struct err *e)
{
    struct span magic = span_of((const char *)l->seen, l->seen_n);
    if (l->state == NULL || l->state_type != l->type) {
        state_release(l);
        l->state_type = l->type;
        l->state = l->type->make();
    }
    l->type->begin(l->state, &l->windows);
    l->seen_n = 0;
    bool good = member_step(l, &magic, e);
    assert(magic.n == 0 || !good);
    return good;
}

/* ---- between members ---- */

/* Match the seen bytes after the padding. False: they are garbage, or the member has an error. */
static bool seen_judge(struct layer *l, struct err *e)
{
    enum unpack_match m = MATCH_NO;
    while (l->seen_n > 0 && (m = seen_match(l)) == MATCH_NO) {
        if (!padding_drop(l)) {
            (void)err_set(e, FAIL_DATA, "%s: garbage behind a %s", layer_name(l),
                          l->type != NULL ? l->type->piece : "frame");
            return false;
        }
    }
    assert(l->seen_n < UNPACK_MAGIC_BYTES || m == MATCH_YES);
    if (l->at == LAYER_MEMBER) {
        return member_begin(l, e);
    }
    if (l->at == LAYER_SKIP) {
        l->seen_n = 0;
        l->at = l->skip > 0 ? LAYER_SKIP : LAYER_BETWEEN;
    }
    return true;
}

static bool between_step(struct layer *l, struct err *e)
{
    bool good = true;
    while (good && l->in.n > 0 && l->at == LAYER_BETWEEN && !l->full) {
        l->seen[l->seen_n++] = (uint8_t)span_take(&l->in, 1).p[0];
        good = seen_judge(l, e);
    }
    return good;
}

static void skip_step(struct layer *l)
{
    uint64_t n = l->in.n < l->skip ? l->in.n : l->skip;
    (void)span_take(&l->in, (size_t)n);
    l->skip -= n;
    if (l->skip == 0) {
        l->at = LAYER_BETWEEN;
    }
}

/* ---- the whole layer ---- */

bool layer_step(struct layer *l, bool keep, struct span *text, struct err *e)
{
    size_t had = l->in.n;
    bool good = true;
    l->text_n = keep ? l->text_n : 0;
    switch (l->at) {
    case LAYER_MEMBER:
        good = member_step(l, &l->in, e);
        break;
    case LAYER_SKIP:
        skip_step(l);
        break;
    case LAYER_BETWEEN:
        good = between_step(l, e);
        break;
    }
    l->in_bytes += had - l->in.n; /* ISA-L may return some bytes: the sum is correct modulo 2^64 */
    *text = span_of(l->block, l->text_n);
    return good;
}

uint64_t layer_fault_at(const struct layer *l)
{
    return l->in_bytes - (l->at == LAYER_BETWEEN ? l->seen_n : 0);
}

bool layer_end(const struct layer *l, struct err *e)
{
    bool padding = l->at == LAYER_BETWEEN;
    for (size_t i = 0; i < l->seen_n; i++) {
        padding = padding && is_padding(l->seen[i]);
    }
    if (!padding) {
        (void)err_set(e, FAIL_DATA, "%s: the data end inside a %s", layer_name(l),
                      l->at == LAYER_SKIP || l->type == NULL ? "frame" : l->type->piece);
    }
    return padding;
}

size_t layer_bytes_max(bool large)
{
    static const struct unpack_type *const all[] = {&unpack_gzip, &unpack_zlib, &unpack_zstd,
                                                    &unpack_lz4, &unpack_snappy};
    size_t most = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (large || !all[i]->large) {
            most = all[i]->memory_bytes > most ? all[i]->memory_bytes : most;
        }
    }
    return sizeof(struct layer) + most;
}
