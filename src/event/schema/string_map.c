/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/string_map.h"

#include "base/alloc.h"
#include "event/schema/word_match.h"

#include <stdlib.h>

void string_map_init(struct string_map *m, size_t most)
{
    size_t slots = 16;
    while (slots < most * 2) {
        slots *= 2;
    }
    *m = (struct string_map){.slots = mem_alloc(slots * sizeof(*m->slots)), .mask = slots - 1};
    for (size_t i = 0; i < slots; i++) {
        m->slots[i] = (struct string_map_slot){.value = WORD_NONE};
    }
}

void string_map_done(struct string_map *m)
{
    free(m->slots);
    *m = (struct string_map){0};
}

void string_map_add(struct string_map *m, struct span word, int value)
{
    struct word_key key = word_key(word);
    size_t i = word_key_hash(key, word.n) & m->mask;
    while (m->slots[i].value != WORD_NONE && !string_map_is(&m->slots[i], word, key)) {
        i = (i + 1) & m->mask;
    }
    if (m->slots[i].value != WORD_NONE) {
        return;
    }
    if (++m->count > m->mask / 2 + 1) {
        abort();
    }
    m->slots[i] = (struct string_map_slot){key, word.p, (uint32_t)word.n, value};
}

static size_t home_of(const struct string_map *m, size_t slot)
{
    return word_key_hash(m->slots[slot].key, m->slots[slot].n) & m->mask;
}

/* The words behind it move up to their home slots as far as they can, so no search ends too early.
 */
void string_map_remove(struct string_map *m, struct span word)
{
    struct word_key key = word_key(word);
    size_t at = word_key_hash(key, word.n) & m->mask;
    while (m->slots[at].value != WORD_NONE && !string_map_is(&m->slots[at], word, key)) {
        at = (at + 1) & m->mask;
    }
    if (m->slots[at].value == WORD_NONE) {
        return;
    }
    for (size_t i = (at + 1) & m->mask; m->slots[i].value != WORD_NONE; i = (i + 1) & m->mask) {
        if (((i - home_of(m, i)) & m->mask) >= ((i - at) & m->mask)) {
            m->slots[at] = m->slots[i];
            at = i;
        }
    }
    m->slots[at].value = WORD_NONE;
    m->count--;
}

void string_map_add_list(struct string_map *m, const char *list, int value)
{
    struct span rest = span_str(list);
    struct span word;
    while (word_next(&rest, &word)) {
        string_map_add(m, word, value);
    }
}
