/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line per outcome to standard error, as logfmt or JSON.
 *
 *     log_write(LOG_WARN, "object read failed",
 *               KV_STR("customer", id), KV_INT("receive_count", n), KV_ERR(&err),
 *               KV_STR("next", "retried in 40 s"));
 *
 *     time=2026-11-23T10:11:12.345Z level=warn msg="object read failed" customer=acme ...
 *
 * Values are quoted and escaped, also characters that control a terminal. Bytes that are not UTF-8
 * become U+FFFD. A value that takes more than 1,024 bytes is cut and ends in ...# and a hash of all
 * of it. A line has at most 4,096 bytes: keys that do not fit are omitted, and the line ends in
 * cut=true. The log does not filter secrets: callers never pass a secret or the content of an
 * event.
 *
 * Threads: any. Each line is one write(2), so that lines do not interleave. No allocation.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

/* One key and its value. Use the macros. */
struct log_kv {
    const char *key; /* a literal of the program, never from outside; NULL: `err` follows, as
                        several keys */
    struct span text;
    int64_t number;
    const struct err *err;
    enum { LOG_TEXT, LOG_TEXT_IF, LOG_NUMBER, LOG_NUMBER_IF, LOG_ERR } kind;
};

#define KV_SPAN(k, s) ((struct log_kv){.key = (k), .text = (s), .kind = LOG_TEXT})
#define KV_STR(k, s) KV_SPAN(k, span_str(s))
/* A text that is left out if it is empty, a number that is left out if it is below 0: unknown. */
#define KV_SET_SPAN(k, s) ((struct log_kv){.key = (k), .text = (s), .kind = LOG_TEXT_IF})
#define KV_SET(k, s) KV_SET_SPAN(k, span_str(s))
#define KV_KNOWN(k, i) ((struct log_kv){.key = (k), .number = (int64_t)(i), .kind = LOG_NUMBER_IF})
#define KV_INT(k, i) ((struct log_kv){.key = (k), .number = (int64_t)(i), .kind = LOG_NUMBER})
/*
 * The keys of an error: error=denied code=AccessDenied status=403 host=... request_id=...
 * host_id=... detail="...". Members of the error that are empty have no key.
 */
#define KV_ERR(e) ((struct log_kv){.err = (e), .kind = LOG_ERR})

/* Set level and format. Threads: any. Default: LOG_INFO, LOG_LOGFMT. */
void log_setup(enum log_level least, enum log_format format);

/* Whether a line of this level is written. Lets a caller skip preparing a debug line. */
bool log_wants(enum log_level level);

/* Change only the level, until the next log_setup. */
void log_set_level(enum log_level least);

/* Whether the calling thread's lines of all levels are written. */
void log_thread_all(bool on);

/* "debug" "info" "warn" "error". */
const char *log_level_name(enum log_level level);

void log_put(enum log_level level, const char *msg, const struct log_kv *kv, size_t count);

/*
 * What an operator did in the running worker: level warn. log_recent keeps such lines apart, so
 * that many of them do not push out what went wrong.
 */
void log_operator(const char *msg, const struct log_kv *kv, size_t count);

#define log_write(level, msg, ...)                                                                 \
    log_put((level), (msg), (const struct log_kv[]){__VA_ARGS__},                                  \
            sizeof((const struct log_kv[]){__VA_ARGS__}) / sizeof(struct log_kv))

/* A line without keys. */
#define log_text(level, msg) log_put((level), (msg), NULL, 0)

/*
 * Append the last lines of level warn and error, and as many of log_operator, the oldest first,
 * without details: only numbers,
 * and texts under a few keys (customer, queue, error, code, reason, ...). So they have no key of an
 * object, no text of a service and no content.
 */
struct buf;
enum { LOG_RECENT = 64, LOG_RECENT_BYTES = 512 };
void log_recent(struct buf *out);

/*
 * Append the line that log_put writes at wall_ms. *out is empty; its maximum (at least 64 bytes) is
 * the limit of the line.
 */
struct buf;
struct log_event {
    enum log_level level;
    const char *msg;
    const struct log_kv *kv;
    size_t count;
};
void log_line(struct buf *out, enum log_format format, int64_t wall_ms, const struct log_event *ev);

/* Append `text` as the log writes a value: bare if logfmt allows it, else quoted and escaped. */
void log_quote(struct buf *out, struct span text);

#endif
