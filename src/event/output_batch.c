/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of all outputs stand one behind another in the order of output_spans. A buffer may
 * move while it grows, so spans get their addresses when an output is returned.
 */
#include "event/output_batch.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum {
    VALUE_AND_KEY = 2, /* the texts of a key are parts of the event: as many bytes again at most */
    OTHER_TEXTS_BYTES = 1024,
};

static size_t texts_max_bytes(size_t output_bytes)
{
    return BATCH_BYTES + VALUE_AND_KEY * output_bytes + OTHER_TEXTS_BYTES;
}

size_t output_batch_max_bytes(size_t output_bytes)
{
    return BATCH_OUTPUTS * sizeof(struct output) + texts_max_bytes(output_bytes);
}

void output_batch_init(struct output_batch *b, size_t output_bytes)
{
    *b = (struct output_batch){.texts = BUF_INIT(texts_max_bytes(output_bytes))};
}

void output_batch_done(struct output_batch *b)
{
    free(b->outputs);
    buf_done(&b->texts);
    *b = (struct output_batch){.texts = {.max = b->texts.max}};
}

void output_batch_clear(struct output_batch *b)
{
    b->count = 0;
    b->next = 0;
    b->text_at = 0;
    buf_clear(&b->texts);
}

bool output_batch_has_room(const struct output_batch *b)
{
    return b->count < BATCH_OUTPUTS && b->texts.n < BATCH_BYTES;
}

void output_batch_add(struct output_batch *b, const struct output *o)
{
    struct span *spans[OUTPUT_SPANS];
    assert(output_batch_has_room(b));
    if (b->outputs == NULL) {
        b->outputs = mem_zeros(BATCH_OUTPUTS, sizeof(*b->outputs));
    }
    b->outputs[b->count] = *o;
    output_spans(&b->outputs[b->count++], spans);
    for (size_t i = 0; i < OUTPUT_SPANS; i++) {
        if (spans[i]->n > b->texts.max - b->texts.n) {
            spans[i]->n = 0; /* cannot be, by the ceiling; an event without a key is still one */
        }
        buf_add(&b->texts, *spans[i]);
    }
}

bool output_batch_next(struct output_batch *b, struct output *out)
{
    struct span *spans[OUTPUT_SPANS];
    if (b->next == b->count) {
        return false;
    }
    *out = b->outputs[b->next++];
    output_spans(out, spans);
    for (size_t i = 0; i < OUTPUT_SPANS; i++) {
        spans[i]->p = spans[i]->n > 0 ? b->texts.p + b->text_at : "";
        b->text_at += spans[i]->n;
    }
    return true;
}
