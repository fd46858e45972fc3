/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/wordmap.h"

#include "base/alloc.h"
#include "event/schema/words.h"

#include <stdlib.h>

void wordmap_init(struct wordmap *m, size_t most)
{
    size_t slots = 16;
    while (slots < most * 2) {
        slots *= 2;
    }
    *m = (struct wordmap){.slots = mem_alloc(slots * sizeof(*m->slots)), .mask = slots - 1};
    if (m->slots == NULL) {
        abort();
    }
    for (size_t i = 0; i < slots; i++) {
        m->slots[i] = (struct wordmap_slot){.value = WORD_NONE};
    }
}

void wordmap_done(struct wordmap *m)
{
    free(m->slots);
    *m = (struct wordmap){0};
}

void wordmap_add(struct wordmap *m, struct span word, int value)
{
    struct word_key key = word_key(word);
    size_t i = word_key_hash(key, word.n) & m->mask;
    while (m->slots[i].value != WORD_NONE && !wordmap_is(&m->slots[i], word, key)) {
        i = (i + 1) & m->mask;
    }
    if (m->slots[i].value != WORD_NONE) {
        return;
    }
    if (++m->count > m->mask / 2 + 1) {
        abort();
    }
    m->slots[i] = (struct wordmap_slot){key, word.p, (uint32_t)word.n, value};
}

void wordmap_add_list(struct wordmap *m, const char *list, int value)
{
    struct span rest = span_str(list);
    struct span word;
    while (word_next(&rest, &word)) {
        wordmap_add(m, word, value);
    }
}
