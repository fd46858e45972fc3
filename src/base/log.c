/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is built in a buffer on the stack and written by one write(2). It is never longer than
 * PIPE_BUF, so that lines of several threads and processes do not interleave in a pipe. A key that
 * does not fit is omitted, and the last key is then cut=true.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/visible.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_BYTES = PIPE_BUF,
    VALUE_BYTES = 1024, /* maximum of a value, escaped */
    CUT_BYTES = 20,     /* what ends a value that is cut: "...#", and 16 digits of its hash */
    END_BYTES = 16,     /* reserved for " cut=true" and the line's end */
};

static _Atomic int least_level = LOG_INFO;
static _Atomic int line_format = LOG_LOGFMT;
static _Thread_local bool thread_all;

void log_setup(enum log_level least, enum log_format format)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&line_format, (int)format);
}

void log_set_level(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

void log_thread_all(bool on)
{
    thread_all = on;
}

bool log_wants(enum log_level level)
{
    return thread_all || (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {
        [LOG_DEBUG] = "debug",
        [LOG_INFO] = "info",
        [LOG_WARN] = "warn",
        [LOG_ERROR] = "error",
    };
    return names[level];
}

/* JSON's escapes, which readers of logfmt also accept. */
static void add_escaped(struct buf *out, struct span one, uint32_t c)
{
    switch (c) {
    case '"':
        buf_add(out, SPAN("\\\""));
        return;
    case '\\':
        buf_add(out, SPAN("\\\\"));
        return;
    case '\n':
        buf_add(out, SPAN("\\n"));
        return;
    case '\r':
        buf_add(out, SPAN("\\r"));
        return;
    case '\t':
        buf_add(out, SPAN("\\t"));
        return;
    default:
        break;
    }
    if (visible_is_control(c)) {
        buf_addf(out, "\\u%04x", (unsigned)c);
    } else {
        buf_add(out, one);
    }
}

/*
 * Append in quotes, escaped. Above VALUE_BYTES it is cut, with a hash of all of it. Each byte that
 * is not UTF-8 becomes U+FFFD.
 */
static void add_quoted(struct buf *out, struct span text)
{
    struct span rest = text;
    buf_add_byte(out, '"');
    size_t start = out->n;
    size_t end = start; /* of what is left of a value that is cut */
    while (rest.n > 0 && out->n - start <= VALUE_BYTES && !out->overflowed) {
        end = out->n - start <= VALUE_BYTES - CUT_BYTES ? out->n : end;
        uint32_t c = 0;
        size_t n = visible_step(rest, &c);
        struct span one = span_take(&rest, n > 0 ? n : 1);
        if (n > 0) {
            add_escaped(out, one, c);
        } else {
            buf_add(out, SPAN("\xef\xbf\xbd"));
        }
    }
    if (out->n - start > VALUE_BYTES && !out->overflowed) {
        out->n = end;
        buf_addf(out, "...#%016" PRIx64, hash_span(HASH_SEED, text));
    }
    buf_add_byte(out, '"');
}

/* Whether logfmt allows the value without quotes. */
static bool is_plain(struct span text)
{
    if (text.n == 0 || text.n > VALUE_BYTES) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') {
            return false;
        }
    }
    return true;
}

void log_quote(struct buf *out, struct span text)
{
    if (is_plain(text)) {
        buf_add(out, text);
    } else {
        add_quoted(out, text);
    }
}

struct line {
    struct buf *out;
    enum log_format format;
    bool cut;
};

static void add_name(struct line *l, const char *key)
{
    if (l->format == LOG_JSON) {
        buf_addf(l->out, "%s\"%s\":", l->out->n == 0 ? "{" : ",", key);
    } else {
        buf_addf(l->out, "%s%s=", l->out->n == 0 ? "" : " ", key);
    }
}

/* Remove the key added since `before` if it did not fit, or leaves no room for the line's end. */
static void keep_whole(struct line *l, size_t before)
{
    if (l->out->overflowed || l->out->n > l->out->max - END_BYTES) {
        l->out->overflowed = false;
        l->out->n = before;
        l->cut = true;
    }
}

static void add_text(struct line *l, const char *key, struct span text)
{
    size_t before = l->out->n;
    add_name(l, key);
    if (l->format == LOG_JSON) {
        add_quoted(l->out, text);
    } else {
        log_quote(l->out, text);
    }
    keep_whole(l, before);
}

static void add_number(struct line *l, const char *key, int64_t number)
{
    size_t before = l->out->n;
    add_name(l, key);
    buf_addf(l->out, "%" PRId64, number);
    keep_whole(l, before);
}

static void add_text_if(struct line *l, const char *key, const char *text)
{
    if (text[0] != '\0') {
        add_text(l, key, span_str(text));
    }
}

static void add_err(struct line *l, const struct err *e)
{
    add_text_if(l, "error", err_kind_name(e->kind));
    add_text_if(l, "code", e->code);
    if (e->status != 0) {
        add_number(l, "status", e->status);
    }
    add_text_if(l, "host", e->host);
    add_text_if(l, "request_id", e->request_id);
    add_text_if(l, "host_id", e->host_id);
    add_text_if(l, "detail", e->text);
}

static void add_kv(struct line *l, const struct log_kv *kv)
{
    switch (kv->kind) {
    case LOG_TEXT_IF:
        if (kv->text.n != 0) {
            add_text(l, kv->key, kv->text);
        }
        break;
    case LOG_TEXT:
        add_text(l, kv->key, kv->text);
        break;
    case LOG_NUMBER_IF:
        if (kv->number >= 0) {
            add_number(l, kv->key, kv->number);
        }
        break;
    case LOG_NUMBER:
        add_number(l, kv->key, kv->number);
        break;
    case LOG_ERR:
        add_err(l, kv->err);
        break;
    }
}

/* RFC 3339 in UTC with milliseconds. */
static void add_time(struct line *l, int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm t = {0};
    char text[80];
    (void)gmtime_r(&seconds, &t);
    int n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900,
                     t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(wall_ms % 1000));
    add_text(l, "time", span_of(text, n > 0 ? (size_t)n : 0));
}

void log_line(struct buf *out, enum log_format format, int64_t wall_ms, const struct log_event *ev)
{
    struct line l = {.out = out, .format = format};
    add_time(&l, wall_ms);
    add_text(&l, "level", span_str(log_level_name(ev->level)));
    add_text(&l, "msg", span_str(ev->msg));
    for (size_t i = 0; i < ev->count; i++) {
        add_kv(&l, &ev->kv[i]);
    }
    if (l.cut) {
        buf_add(out, format == LOG_JSON ? SPAN(",\"cut\":true") : SPAN(" cut=true"));
    }
    buf_add(out, format == LOG_JSON ? SPAN("}\n") : SPAN("\n"));
}

/* ---- The last lines ---- */

/* What operators did must not push out what went wrong. */
enum { RING_TROUBLE, RING_OPERATOR, RINGS };

struct ring {
    char lines[LOG_RECENT][LOG_RECENT_BYTES + 1];
    size_t lengths[LOG_RECENT];
    uint64_t numbers[LOG_RECENT]; /* their order, in both rings */
    size_t count;                 /* so far */
};

static struct {
    pthread_mutex_t lock;
    struct ring rings[RINGS];
    uint64_t next;
} recent = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_plain_key(const char *key)
{
    static const char *const keys[] = {"customer", "queue",   "reason",   "call",
                                       "calls",    "outage",  "command",  "topic",
                                       "outcome",  "framing", "to_level", "off"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static void add_plain(struct line *l, const struct log_kv *kv)
{
    bool text = kv->kind == LOG_TEXT || kv->kind == LOG_TEXT_IF;
    if (kv->kind == LOG_ERR) {
        struct err brief = {.kind = kv->err->kind, .status = kv->err->status};
        memcpy(brief.code, kv->err->code, sizeof(brief.code));
        add_err(l, &brief);
    } else if (!text || is_plain_key(kv->key)) {
        add_kv(l, kv);
    }
}

static void keep_recent(int64_t wall_ms, const struct log_event *ev, struct ring *ring)
{
    char room[LOG_RECENT_BYTES + 1];
    struct buf out = {.p = room, .cap = sizeof(room), .max = LOG_RECENT_BYTES};
    struct line l = {.out = &out, .format = LOG_LOGFMT};
    add_time(&l, wall_ms);
    add_text(&l, "level", span_str(log_level_name(ev->level)));
    add_text(&l, "msg", span_str(ev->msg));
    for (size_t i = 0; i < ev->count; i++) {
        add_plain(&l, &ev->kv[i]);
    }
    buf_add_byte(&out, '\n');
    mutex_lock(&recent.lock);
    size_t at = ring->count++ % LOG_RECENT;
    memcpy(ring->lines[at], out.p, out.n);
    ring->lengths[at] = out.n;
    ring->numbers[at] = recent.next++;
    mutex_unlock(&recent.lock);
}

/* The number of a line; UINT64_MAX: the ring has none at this place. */
static uint64_t number_of(const struct ring *ring, size_t at)
{
    return at < ring->count ? ring->numbers[at % LOG_RECENT] : UINT64_MAX;
}

void log_recent(struct buf *out)
{
    size_t at[RINGS];
    mutex_lock(&recent.lock);
    for (int i = 0; i < RINGS; i++) {
        size_t count = recent.rings[i].count;
        at[i] = count > LOG_RECENT ? count - LOG_RECENT : 0;
    }
    for (;;) {
        uint64_t trouble = number_of(&recent.rings[RING_TROUBLE], at[RING_TROUBLE]);
        uint64_t operated = number_of(&recent.rings[RING_OPERATOR], at[RING_OPERATOR]);
        if (trouble == operated) {
            break; /* both are at their end */
        }
        int older = trouble < operated ? RING_TROUBLE : RING_OPERATOR;
        const struct ring *ring = &recent.rings[older];
        size_t line = at[older]++ % LOG_RECENT;
        buf_add(out, span_of(ring->lines[line], ring->lengths[line]));
    }
    mutex_unlock(&recent.lock);
}

static void put(enum log_level level, const char *msg, const struct log_kv *kv, size_t count,
                struct ring *ring)
{
    if (!log_wants(level)) {
        return;
    }
    char room[LINE_BYTES + 1]; /* and a NUL */
    struct buf line = {.p = room, .cap = sizeof(room), .max = LINE_BYTES};
    int64_t now = clock_wall_ms(&clock_system);
    const struct log_event ev = {level, msg, kv, count};
    log_line(&line, (enum log_format)atomic_load(&line_format), now, &ev);
    if (level >= LOG_WARN) {
        keep_recent(now, &ev, ring);
    }

    ssize_t n = 0;
    do {
        n = write(STDERR_FILENO, line.p, line.n);
    } while (n < 0 && errno == EINTR);
}

void log_put(enum log_level level, const char *msg, const struct log_kv *kv, size_t count)
{
    put(level, msg, kv, count, &recent.rings[RING_TROUBLE]);
}

void log_operator(const char *msg, const struct log_kv *kv, size_t count)
{
    put(LOG_WARN, msg, kv, count, &recent.rings[RING_OPERATOR]);
}
