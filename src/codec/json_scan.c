/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict reader (RFC 8259). It is slower than simdjson, but it reports the position and the
 * reason of an error, reads several values from one text, replaces invalid UTF-8, and stores the
 * extent of each value. No recursion: it has a stack of JSON_MAX_DEPTH open containers.
 */
#include "json_priv.h"

enum { MOST_COUNT = 0xffffff }; /* of members in a tape word, as in simdjson */

/* The tokens that are allowed next. */
enum expect { VALUE, VALUE_OR_END, NAME, NAME_OR_END, COMMA_OR_END, NOTHING };

struct open {
    size_t word; /* tape index of its opening bracket */
    uint32_t count;
};

struct nest {
    struct open open[JSON_MAX_DEPTH];
    size_t depth;
    bool too_deep;
};

static void skip_blanks(struct json_scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r')) {
        s->p++;
    }
}

static bool fail_at(struct json_scan *s, const char *wrong)
{
    s->wrong = wrong;
    return false;
}

static enum expect after_value(const struct nest *n)
{
    return n->depth == 0 ? NOTHING : COMMA_OR_END;
}

static bool scan_word(struct json_scan *s, struct span word, char tag)
{
    uint32_t from = (uint32_t)(s->p - s->text);
    if (!span_starts(span_of(s->p, (size_t)(s->end - s->p)), word)) {
        return fail_at(s, "no JSON value");
    }
    s->p += word.n;
    json_store_word(s->store, json_word(tag, 0), from, from + (uint32_t)word.n);
    return true;
}

static bool open_container(struct json_scan *s, struct nest *n)
{
    if (n->depth == JSON_MAX_DEPTH) {
        n->too_deep = true;
        return fail_at(s, "nested too deep");
    }
    n->open[n->depth++] = (struct open){s->store->words, 0};
    uint32_t from = (uint32_t)(s->p - s->text);
    json_store_word(s->store, json_word(*s->p, 0), from, 0);
    s->p++;
    return true;
}

static void close_container(struct json_scan *s, struct nest *n)
{
    struct json_store *store = s->store;
    struct open *o = &n->open[--n->depth];
    uint32_t from = (uint32_t)(s->p - s->text);
    json_store_word(store, json_word(*s->p, o->word), from, from + 1);
    s->p++;
    uint64_t count = o->count < MOST_COUNT ? o->count : MOST_COUNT;
    store->tape[o->word] |= count << 32 | (uint32_t)store->words;
    store->extents[o->word].to = from + 1;
}

static bool scan_value(struct json_scan *s, struct nest *n, enum expect *next)
{
    if (n->depth > 0) {
        n->open[n->depth - 1].count++;
    }
    char c = *s->p;
    if (c == '{' || c == '[') {
        *next = c == '{' ? NAME_OR_END : VALUE_OR_END;
        return open_container(s, n);
    }
    *next = after_value(n);
    switch (c) {
    case '"':
        return json_scan_string(s);
    case 't':
        return scan_word(s, SPAN("true"), 't');
    case 'f':
        return scan_word(s, SPAN("false"), 'f');
    case 'n':
        return scan_word(s, SPAN("null"), 'n');
    default:
        return c == '-' || (c >= '0' && c <= '9') ? json_scan_number(s)
                                                  : fail_at(s, "no JSON value");
    }
}

static bool scan_name(struct json_scan *s, enum expect *next)
{
    if (*s->p != '"') {
        return fail_at(s, "a member's name is missing");
    }
    if (!json_scan_string(s)) {
        return false;
    }
    skip_blanks(s);
    if (s->p == s->end || *s->p != ':') {
        return fail_at(s, "a colon is missing");
    }
    s->p++;
    *next = VALUE;
    return true;
}

static bool scan_comma(struct json_scan *s, const struct nest *n, enum expect *next)
{
    if (*s->p != ',') {
        return fail_at(s, "a comma or the end of a container is missing");
    }
    s->p++;
    *next = s->store->tape[n->open[n->depth - 1].word] >> 56 == '{' ? NAME : VALUE;
    return true;
}

static bool at_end_of(const struct json_scan *s, const struct nest *n)
{
    char opened = (char)(s->store->tape[n->open[n->depth - 1].word] >> 56);
    return *s->p == (opened == '{' ? '}' : ']');
}

/* Read one token. */
static bool scan_step(struct json_scan *s, struct nest *n, enum expect *next)
{
    switch (*next) {
    case VALUE_OR_END:
    case NAME_OR_END:
    case COMMA_OR_END:
        if (at_end_of(s, n)) {
            close_container(s, n);
            *next = after_value(n);
            return true;
        }
        break;
    case VALUE:
    case NAME:
    case NOTHING:
        break;
    }
    if (*next == COMMA_OR_END) {
        return scan_comma(s, n, next);
    }
    if (*next == NAME || *next == NAME_OR_END) {
        return scan_name(s, next);
    }
    return scan_value(s, n, next);
}

static bool scan_all(struct json_scan *s, struct nest *n)
{
    enum expect next = VALUE;
    while (next != NOTHING) {
        skip_blanks(s);
        if (s->p == s->end) {
            return fail_at(s, "the text ends in the middle");
        }
        if (!scan_step(s, n, &next)) {
            return false;
        }
    }
    return true;
}

enum err_kind json_scan_text(struct json_store *store, struct span *text, struct doc *doc,
                             struct err *e)
{
    struct nest nest;
    nest.depth = 0;
    nest.too_deep = false;
    struct json_scan s = {store, text->p, text->p, text->p + text->n, false, NULL};
    store->words = 0;
    store->bytes = 0;
    if (text->n > UINT32_MAX) {
        store->wrong = "a text of more than 4 GiB";
        store->wrong_byte = 0;
        return err_set(e, FAIL_LIMIT, "%s", store->wrong);
    }
    json_store_word(store, 0, 0, 0);
    if (!scan_all(&s, &nest)) {
        store->wrong = s.wrong;
        store->wrong_byte = (size_t)(s.p - s.text);
        return err_set(e, nest.too_deep ? FAIL_LIMIT : FAIL_DATA, "%s at byte %zu", s.wrong,
                       store->wrong_byte);
    }
    json_store_word(store, json_word('r', 0), 0, 0);
    store->tape[0] = json_word('r', store->words);
    skip_blanks(&s);
    *doc = (struct doc){store->tape, store->strings, store->extents, NULL, s.text, s.repaired};
    *text = span_from(*text, (size_t)(s.p - s.text));
    return FAIL_NONE;
}
