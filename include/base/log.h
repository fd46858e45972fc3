/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line per outcome, to standard error, as logfmt or JSON.
 *
 *     log_write(LOG_WARN, "object read failed",
 *               KV_STR("customer", id), KV_INT("receive_count", n), KV_ERR(&err),
 *               KV_STR("next", "again in 40 s"));
 *
 *     time=2026-11-23T10:11:12.345Z level=warn msg="object read failed" customer=acme ...
 *
 * Texts from outside are quoted and escaped (also what would move a terminal's cursor), bytes
 * that are no UTF-8 become U+FFFD, and they are cut at 1,024 bytes. A line is at most 4,096
 * bytes; keys beyond are left out and the line ends in cut=true. Never hand over a secret or
 * the content of an event: there is no filter behind this.
 *
 * Threads: any. A line is written by one write(2), so lines never mix. No allocation.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

/* One key and its value. Use the macros. */
struct log_kv {
    const char *key; /* our own literal, never from outside; NULL: the err below, as several keys */
    struct span text;
    int64_t number;
    const struct err *err;
    enum { LOG_TEXT, LOG_NUMBER, LOG_ERR } kind;
};

#define KV_SPAN(k, s) ((struct log_kv){.key = (k), .text = (s), .kind = LOG_TEXT})
#define KV_STR(k, s) KV_SPAN(k, span_str(s))
#define KV_INT(k, i) ((struct log_kv){.key = (k), .number = (int64_t)(i), .kind = LOG_NUMBER})
/* error=denied code=AccessDenied status=403 request_id=... host_id=... detail="..." (empty ones
 * left out) */
#define KV_ERR(e) ((struct log_kv){.err = (e), .kind = LOG_ERR})

/* Set once, before other threads start. Default: LOG_INFO, LOG_LOGFMT. */
void log_setup(enum log_level least, enum log_format format);

/* True if a line of this level would be written: to save work for debug lines. */
bool log_wants(enum log_level level);

/* "debug" "info" "warn" "error". */
const char *log_level_name(enum log_level level);

void log_put(enum log_level level, const char *msg, const struct log_kv *kv, size_t count);

#define log_write(level, msg, ...)                                                                 \
    log_put((level), (msg), (const struct log_kv[]){__VA_ARGS__},                                  \
            sizeof((const struct log_kv[]){__VA_ARGS__}) / sizeof(struct log_kv))

/* A line without keys. */
#define log_text(level, msg) log_put((level), (msg), NULL, 0)

/*
 * Append the line that log_put would write at wall_ms to the empty *out, whose ceiling is the
 * line's limit (64 bytes at least).
 */
struct buf;
struct log_event {
    enum log_level level;
    const char *msg;
    const struct log_kv *kv;
    size_t count;
};
void log_line(struct buf *out, enum log_format format, int64_t wall_ms, const struct log_event *ev);

/* Append `text` to *out as the log writes a value: bare if it is plain, else quoted, escaped. */
void log_quote(struct buf *out, struct span text);

#endif
