/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - what the fast fake serves: objects in one mapped file, and for each object one
 * message on a queue.
 *
 * The index is text, a line per object, tabs between:
 *
 *     queue  bucket  key (percent-encoded)  offset  length
 *
 * Visibility, receive counts and deletes are kept rightly, so that a benchmark's counts mean
 * something; there is no redrive, no retention, and no request is refused.
 */
#ifndef FAST_STORE_H
#define FAST_STORE_H

#include "base/span.h"

struct object {
    struct span bucket;
    struct span key;     /* decoded */
    struct span encoded; /* as in a notification: form encoding, the slash left */
    uint64_t offset;
    uint64_t size;
    uint64_t checksum; /* CRC64NVME, of what has_checksum says */
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
    uint32_t next; /* in the queue's list of ready ones */
};

struct queue {
    struct span name;
    uint32_t first, last; /* ready messages; NO_MESSAGE if empty */
    uint64_t ready, held;
};

#define NO_MESSAGE UINT32_MAX

enum { MAX_QUEUES = 1024 };

struct store {
    const char *data; /* the mapped file */
    int data_fd;
    char *index; /* the index's text, which the spans point into */
    struct object *objects;
    struct message *messages; /* message i tells of object i */
    uint32_t *queue_of;
    uint32_t count;
    uint32_t *table; /* hash of bucket/key -> object, open addressing */
    uint32_t table_mask;
    struct queue queues[MAX_QUEUES];
    uint32_t queue_count;
    uint32_t sent;      /* messages released so far, in the order of the index */
    double rate_per_ms; /* 0: all at once */
    int64_t start_ms;
    struct {
        uint64_t polls, gets, bytes, received, deleted, changed, expired;
        uint64_t waited_ms; /* of all S3 answers, with --latency-ms: as it was, not as it was asked
                               for */
    } counters;
    int64_t last_deleted_ms; /* 0: nothing was deleted yet */
};

/* Ends the program with a message if the files are not what they should be. */
void store_load(struct store *s, const char *index_path, const char *data_path);
struct object *store_find(struct store *s, struct span bucket, struct span key);
struct queue *store_queue(struct store *s, struct span name); /* NULL if there is none */

/* Checksums are computed when first asked for, as the first GET may be the only one. */
uint64_t object_checksum(struct store *s, struct object *o);

/* When message i was to be sent by the rate, whether or not we were late. */
int64_t message_due_ms(const struct store *s, uint32_t i);
/* Release what is due by the rate, take back what was held too long. */
void store_tick(struct store *s, int64_t now_ms);

/* The next ready message of a queue, held from now on; NO_MESSAGE if there is none. */
uint32_t queue_take(struct store *s, struct queue *q, int64_t now_ms, int64_t visible_ms);
/* By receipt handle (message, receive count). False: not ours any more. */
bool message_delete(struct store *s, uint32_t i, uint32_t receives, int64_t now_ms);
bool message_hold(struct store *s, uint32_t i, uint32_t receives, int64_t visible_ms);

#endif
