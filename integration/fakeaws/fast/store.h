/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - the data of the fast fake: objects in one mapped file, and for each object one message
 * in a queue.
 *
 * The index is a text with a line per object and tabs between columns:
 *
 *     queue  bucket  key (percent-encoded)  offset  length
 *
 * Visibility, receive counts and deletes are exact, so that a benchmark's counts are meaningful.
 * There is no redrive and no retention, and no request is refused.
 */
#ifndef FAST_STORE_H
#define FAST_STORE_H

#include "base/span.h"

struct object {
    struct span bucket;
    struct span key;     /* decoded */
    struct span encoded; /* as in a notification: form encoding, slashes kept */
    uint64_t offset;
    uint64_t size;
    uint64_t checksum; /* CRC64NVME; valid if has_checksum */
    bool has_checksum;
};

enum message_state { MESSAGE_UNSENT, MESSAGE_READY, MESSAGE_HELD, MESSAGE_DELETED };

struct message {
    enum message_state state;
    uint32_t receives;
    int64_t sent_ms;
    int64_t first_ms;
    int64_t visible_ms;
    int64_t deleted_ms;
    uint32_t next; /* in the queue's list of visible messages */
};

struct queue {
    struct span name;
    uint32_t first, last; /* visible messages; NO_MESSAGE if there are none */
    uint64_t ready, held;
};

#define NO_MESSAGE UINT32_MAX

enum { MAX_QUEUES = 4096 };

struct store {
    const char *data; /* the mapped file */
    int data_fd;
    char *index; /* text of the index; the spans point into it */
    struct object *objects;
    struct message *messages; /* message i names object i */
    uint32_t *queue_of;
    uint32_t count;
    uint32_t *table; /* hash of bucket/key to object, open addressing */
    uint32_t table_mask;
    struct queue queues[MAX_QUEUES];
    uint32_t queue_count;
    uint32_t sent;      /* number of messages added so far, in the order of the index */
    double rate_per_ms; /* 0: all are added at the start */
    int64_t start_ms;
    struct {
        uint64_t polls, gets, bytes, received, deleted, changed, expired;
        uint64_t waited_ms; /* of all S3 responses, with --latency-ms: the actual delay, not the
                               requested one */
    } counters;
    int64_t last_deleted_ms; /* 0: nothing was deleted yet */
    struct {
        uint32_t count; /* keys of the bucket that is only listed; 0: none */
        uint8_t *sent;  /* how often the key was sent to a queue, at most 255 */
        uint64_t pages, messages;
    } listing;
};

/* Ends the program with a message if the files are invalid. */
void store_load(struct store *s, const char *index_path, const char *data_path);
struct object *store_find(struct store *s, struct span bucket, struct span key);
struct queue *store_queue(struct store *s, struct span name); /* NULL if there is none */

/* A checksum is computed on the first request, since most objects are read once. */
uint64_t object_checksum(struct store *s, struct object *o);

/* The time at which message i was due by the rate, even if it was added later. */
int64_t message_due_ms(const struct store *s, uint32_t i);
/* Add messages that are due by the rate, and make messages visible whose timeout has expired. */
void store_tick(struct store *s, int64_t now_ms);

/* The next visible message of a queue, which is held from now on. NO_MESSAGE: there is none. */
uint32_t queue_take(struct store *s, struct queue *q, int64_t now_ms, int64_t visible_ms);
/*
 * Identified by the receipt handle (message, receive count). False: the handle is not the latest.
 */
bool message_delete(struct store *s, uint32_t i, uint32_t receives, int64_t now_ms);
bool message_hold(struct store *s, uint32_t i, uint32_t receives, int64_t visible_ms);

#endif
