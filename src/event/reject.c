/* SPDX-License-Identifier: Apache-2.0 */
#include "event/reject.h"

#include "codec/utf8.h"
#include "event/record/json_write.h"
#include "event/schema/rules.h"

static void member_text(struct buf *out, struct span name, struct span s)
{
    if (s.n > 0) {
        buf_add(out, name);
        json_write_string(out, s);
    }
}

static void member_number(struct buf *out, struct span name, uint64_t n)
{
    buf_add(out, name);
    json_write_number(out, n);
}

/* RFC 4648 §4. */
static void emit_base64(struct buf *out, struct span s)
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

/* A head that was cut in the middle of a character, without what is left of it. */
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

/* The head of a line without the customer's secrets. They are sought in all of the line that is
 * there, so that none is missed for being cut in half. */
static void emit_redacted(struct buf *out, const struct reject *r)
{
    struct buf plain = BUF_INIT(r->line->text.n * 4 + 64);
    struct span text = r->line->text;
    if (utf8_valid(r->line->too_long ? whole_characters(text) : text)) {
        text = rules_redact(r->rules, text, &plain) ? buf_span(&plain) : text;
        member_text(out, SPAN(",\"sample\":"), utf8_cut(text, r->sample_bytes));
    }
    buf_done(&plain);
}

static void emit_sample(struct buf *out, const struct reject *r)
{
    struct span head = r->line->text;
    bool cut = r->line->too_long;
    if (rules_redacts(r->rules)) {
        emit_redacted(out, r);
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
        member_text(out, SPAN(",\"sample\":"), head);
    } else {
        buf_add(out, SPAN(",\"sample_base64\":\""));
        emit_base64(out, head);
        buf_add_byte(out, '"');
    }
}

void reject_write(struct buf *out, const struct object_origin *s, const struct reject *r)
{
    buf_add(out, SPAN("{\"reason\":"));
    json_write_string(out, span_str(reject_reason_name(r->reason)));
    member_text(out, SPAN(",\"detail\":"), r->detail);
    member_text(out, SPAN(",\"customer\":"), s->customer);
    member_text(out, SPAN(",\"object\":"), s->object);
    member_text(out, SPAN(",\"version\":"), s->version);
    if (r->line != NULL) {
        member_number(out, SPAN(",\"line\":"), r->line->number);
        if (r->item > 0) {
            member_number(out, SPAN(",\"item\":"), r->item);
        }
        member_number(out, SPAN(",\"offset\":"), r->line->offset);
        member_number(out, SPAN(",\"bytes\":"), r->line->bytes);
        if (r->sample_bytes > 0) {
            emit_sample(out, r);
        }
    } else if (r->offset > 0) {
        member_number(out, SPAN(",\"offset\":"), r->offset);
    }
    buf_add_byte(out, '}');
}
