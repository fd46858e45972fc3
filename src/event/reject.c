/* SPDX-License-Identifier: Apache-2.0 */
#include "event/reject.h"

#include "base/ascii.h"
#include "base/hash.h"
#include "codec/secret.h"
#include "codec/utf8.h"
#include "event/record/json_write.h"
#include "event/schema/rules.h"

enum {
    ESCAPED_BYTES = 32,    /* more than a character takes */
    CUT_BYTES = 20,        /* the ellipsis, '#' and the hash */
    TRIMMED_BYTES = 4,     /* the mark and the '\r' that the text of a whole line lacks */
    CUT_WORD_BYTES = 1024, /* the longest last word that a redacted sample does without */
    OPEN_BYTES = 2048,     /* of the end of a text, searched for a secret that goes on */
    KEY_BACK_BYTES = 64,   /* from "-----BEGIN " to the words of a private key */
};

static void write_text_member(struct buf *out, struct span name, struct span s)
{
    if (s.n > 0) {
        buf_add(out, name);
        json_write_string(out, s);
    }
}

/* The longest beginning of s that takes at most `most` bytes when it is escaped. */
static struct span cut_escaped(struct span s, size_t most)
{
    char room[ESCAPED_BYTES];
    size_t used = 0;
    size_t end = 0;
    while (end < s.n) {
        bool good = false;
        size_t n = utf8_step(span_from(s, end), &good);
        struct buf one = {.p = room, .cap = sizeof(room), .max = sizeof(room) - 1};
        json_write_escaped(&one, span_of(s.p + end, n));
        if (one.n > most - used) {
            break;
        }
        used += one.n;
        end += n;
    }
    return span_of(s.p, end);
}

/* As write_text_member. A long name is cut: "s3://bucket/aaa…#0123456789abcdef". */
static void write_name_member(struct buf *out, struct span name, struct span s)
{
    struct span head = cut_escaped(s, REJECT_NAME_BYTES);
    if (head.n == s.n) {
        write_text_member(out, name, s);
        return;
    }
    head = cut_escaped(s, REJECT_NAME_BYTES - CUT_BYTES);
    buf_add(out, name);
    buf_add_byte(out, '"');
    json_write_escaped(out, head);
    buf_addf(out, "\u2026#%016llx\"", (unsigned long long)hash_span(HASH_SEED, s));
}

static void write_number_member(struct buf *out, struct span name, uint64_t n)
{
    buf_add(out, name);
    json_write_number(out, n);
}

/* RFC 4648 §4. */
static void write_base64(struct buf *out, struct span s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = (uint32_t)(uint8_t)s.p[i] << 16;
        v |= i + 1 < s.n ? (uint32_t)(uint8_t)s.p[i + 1] << 8 : 0;
        v |= i + 2 < s.n ? (uint32_t)(uint8_t)s.p[i + 2] : 0;
        char four[4] = {digits[v >> 18], digits[v >> 12 & 63], digits[v >> 6 & 63], digits[v & 63]};
        if (i + 2 >= s.n) {
            four[3] = '=';
        }
        if (i + 1 >= s.n) {
            four[2] = '=';
        }
        buf_add(out, span_of(four, sizeof(four)));
    }
}

/* A text that may be cut in the middle of a character, without the part of that character. */
static struct span whole_characters(struct span s)
{
    for (size_t back = 1; back <= 3 && back <= s.n; back++) {
        uint8_t c = (uint8_t)s.p[s.n - back];
        if (c < 0x80 || c >= 0xc0) {
            bool good = false;
            size_t n = utf8_step(span_from(s, s.n - back), &good);
            return span_of(s.p, !good && n == back && c >= 0xc0 ? s.n - back : s.n);
        }
    }
    return s;
}

/* The text is only the beginning of what the reject is of. */
static bool is_cut(const struct piece *p)
{
    return p->kind == PIECE_TOO_LONG || p->kind == PIECE_DAMAGE;
}

/* Without its last word, of which the rest may be missing: the beginning of a token is no token. */
static struct span whole_words(struct span s)
{
    size_t least = s.n > CUT_WORD_BYTES ? s.n - CUT_WORD_BYTES : 0;
    size_t n = s.n;
    while (n > least && !ascii_is_blank(s.p[n - 1]) &&
           memchr("\"'`,;{}[]()<>", s.p[n - 1], 13) == NULL) {
        n--;
    }
    return span_of(s.p, n);
}

/* ---- secrets over several lines ---- */

static const struct span key_begins = SPAN_INIT("-----BEGIN PRIVATE " /* for secret scanners */
                                                "KEY-----\n");

/*
 * Whether a private key that begins in the text, or was open before it, is open at its end. The
 * words end both lines of a key.
 */
static bool key_is_open(struct span text, bool open)
{
    static const struct span begin = SPAN_INIT("-----BEGIN ");
    static const struct span words = SPAN_INIT("PRIVATE KEY-----");
    const char *at = NULL;
    struct span rest = text;
    while (rest.n > 0 && (at = memmem(rest.p, rest.n, words.p, words.n)) != NULL) {
        size_t n = (size_t)(at - rest.p);
        size_t back = n < KEY_BACK_BYTES ? n : KEY_BACK_BYTES;
        open = memmem(at - back, back, begin.p, begin.n) != NULL;
        rest = span_from(rest, n + words.n);
    }
    return open;
}

void reject_sample_next(struct reject_sample *s)
{
    if (s->made) {
        struct buf before = s->before;
        s->before = s->after;
        s->after = before;
        s->open_before = s->open_after;
    } else {
        buf_clear(&s->before);
        s->open_before = (struct secret_quote){0};
    }
    s->made = false;
}

/* The quote of a secret that is open at the end of the piece, with the end of the pieces before. */
static struct secret_quote open_at_end(const struct reject_sample *s, struct span text)
{
    struct secret_quote open = s->open_before;
    if (open.sign != '\0' && secret_quote_end(text, open) == text.n) {
        return open;
    }
    struct span end = text.n > OPEN_BYTES ? span_from(text, text.n - OPEN_BYTES) : text;
    struct buf both = BUF_INIT(s->before.n + end.n);
    buf_add(&both, end.n == text.n ? buf_span(&s->before) : SPAN(""));
    buf_add(&both, end);
    open = secret_open_quote(buf_span(&both));
    buf_done(&both);
    return open;
}

/* Keep the end of what is known of the piece, and that a key or a quote is open. */
static void keep_end(struct reject_sample *s, const struct piece *piece)
{
    struct span text = piece->text;
    struct span had = buf_span(&s->before);
    bool open = key_is_open(text, key_is_open(had, false));
    buf_clear(&s->after);
    s->open_after = (struct secret_quote){0};
    if (is_cut(piece)) {
        return; /* its end is not known */
    }
    if (open) {
        buf_add(&s->after, key_begins); /* up to its last line all is secret */
        return;
    }
    s->open_after = open_at_end(s, text);
    if (text.n < REJECT_CONTEXT_BYTES) {
        size_t room = REJECT_CONTEXT_BYTES - text.n;
        buf_add(&s->after, span_from(had, had.n > room ? had.n - room : 0));
    } else {
        text = span_from(text, text.n - REJECT_CONTEXT_BYTES);
    }
    buf_add(&s->after, text);
    buf_add_byte(&s->after, '\n');
}

/*
 * The name of a secret, or the beginning of one, may end the text of the reject before. So the
 * sample is searched once more behind it.
 */
static void search_behind(struct reject_sample *s, struct span sample, struct buf *out)
{
    struct buf both = BUF_INIT(s->before.n + sample.n);
    buf_add(&both, buf_span(&s->before));
    buf_add(&both, sample);
    if (!secret_redact_from(buf_span(&both), s->before.n, out)) {
        buf_add(out, sample);
    }
    buf_done(&both);
}

/* All of the piece that is known is searched, so that no secret is missed because it is cut. */
static void make_redacted_sample(const struct reject *r)
{
    struct reject_sample *s = r->sample;
    struct buf plain = BUF_INIT(r->piece->text.n * 4 + 64);
    struct buf again = BUF_INIT((r->sample_bytes + CUT_WORD_BYTES) * 4 + 64);
    struct span text = r->piece->text;
    buf_clear(&s->text);
    if (utf8_valid(is_cut(r->piece) ? whole_characters(text) : text)) {
        bool cut = is_cut(r->piece) && text.n + TRIMMED_BYTES < r->piece->bytes;
        if (s->open_before.sign != '\0') {
            text = span_from(text, secret_quote_end(text, s->open_before));
        }
        bool goes_on = text.p > r->piece->text.p;
        text = rules_redact(r->rules, text, &plain) ? buf_span(&plain) : text;
        text = cut ? whole_words(text) : text;
        if (s->before.n > 0) {
            search_behind(s, utf8_cut(text, r->sample_bytes + CUT_WORD_BYTES), &again);
            text = buf_span(&again);
        }
        if (goes_on) {
            buf_add(&s->text, utf8_cut(SPAN("[REDACTED]"), r->sample_bytes));
        }
        buf_add(&s->text, utf8_cut(text, r->sample_bytes - s->text.n));
    }
    keep_end(s, r->piece);
    buf_done(&again);
    buf_done(&plain);
    s->made = true;
}

static void write_redacted_sample(struct buf *out, const struct reject *r)
{
    if (!r->sample->made) {
        make_redacted_sample(r);
    }
    if (r->sample->text.n > 0) {
        write_text_member(out, SPAN(",\"sample\":"), buf_span(&r->sample->text));
    }
}

static void write_sample(struct buf *out, const struct reject *r)
{
    struct span head = r->piece->text;
    bool cut = is_cut(r->piece);
    if (rules_redacts(r->rules)) {
        write_redacted_sample(out, r);
        return;
    }
    if (head.n > r->sample_bytes) {
        head.n = r->sample_bytes;
        cut = true;
    }
    if (cut) {
        head = whole_characters(head);
    }
    if (utf8_valid(head)) {
        write_text_member(out, SPAN(",\"sample\":"), head);
    } else {
        buf_add(out, SPAN(",\"sample_base64\":\""));
        write_base64(out, head);
        buf_add_byte(out, '"');
    }
}

void reject_write(struct buf *out, const struct object_origin *o, const struct reject *r)
{
    buf_add(out, SPAN("{\"reason\":"));
    json_write_string(out, span_str(reject_reason_name(r->reason)));
    write_text_member(out, SPAN(",\"detail\":"), r->detail);
    write_text_member(out, SPAN(",\"customer\":"), o->customer);
    write_name_member(out, SPAN(",\"object\":"), o->object);
    write_name_member(out, SPAN(",\"version\":"), o->version);
    if (r->piece != NULL) {
        write_number_member(out, SPAN(",\"line\":"), r->piece->line);
        if (r->item > 0) {
            write_number_member(out, SPAN(",\"item\":"), r->item);
        }
        write_number_member(out, SPAN(",\"offset\":"), r->piece->offset);
        write_number_member(out, SPAN(",\"bytes\":"), r->piece->bytes);
        if (r->rest != NULL) {
            write_number_member(out, SPAN(",\"count\":"), r->rest->count);
            write_number_member(out, SPAN(",\"last_line\":"), r->rest->last_line);
        } else if (r->count > 1) {
            write_number_member(out, SPAN(",\"count\":"), r->count);
        }
        if (r->sample_bytes > 0 && r->piece->text.n > 0) {
            write_sample(out, r);
        }
    } else if (r->offset > 0) {
        write_number_member(out, SPAN(",\"offset\":"), r->offset);
    }
    buf_add_byte(out, '}');
}
