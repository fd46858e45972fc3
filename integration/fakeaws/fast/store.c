/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include "crc64.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *must(void *p)
{
    if (p == NULL) {
        errx(1, "out of memory");
    }
    return p;
}

static char *file_map(const char *path, size_t *size, int *fd_out, int protection)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        err(1, "%s", path);
    }
    *size = (size_t)st.st_size;
    char *p = mmap(NULL, *size + 1, protection, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        err(1, "%s", path);
    }
    *fd_out = fd;
    return p;
}

static uint32_t hash(struct span bucket, struct span key)
{
    uint32_t h = 2166136261U;
    for (size_t i = 0; i < bucket.n; i++) {
        h = (h ^ (unsigned char)bucket.p[i]) * 16777619U;
    }
    for (size_t i = 0; i < key.n; i++) {
        h = (h ^ (unsigned char)key.p[i]) * 16777619U;
    }
    return h;
}

static bool same(struct span a, struct span b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

struct object *store_find(struct store *s, struct span bucket, struct span key)
{
    for (uint32_t at = hash(bucket, key) & s->table_mask; s->table[at] != 0;
         at = (at + 1) & s->table_mask) {
        struct object *o = &s->objects[s->table[at] - 1];
        if (same(o->key, key) && same(o->bucket, bucket)) {
            return o;
        }
    }
    return NULL;
}

static void table_fill(struct store *s)
{
    uint32_t size = 16;
    while (size < 2 * s->count) {
        size *= 2;
    }
    s->table = must(calloc(size, sizeof *s->table));
    s->table_mask = size - 1;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t at = hash(s->objects[i].bucket, s->objects[i].key) & s->table_mask;
        while (s->table[at] != 0) {
            at = (at + 1) & s->table_mask;
        }
        s->table[at] = i + 1;
    }
}

struct queue *store_queue(struct store *s, struct span name)
{
    for (uint32_t i = 0; i < s->queue_count; i++) {
        if (same(s->queues[i].name, name)) {
            return &s->queues[i];
        }
    }
    return NULL;
}

static uint32_t queue_number(struct store *s, struct span name)
{
    struct queue *q = store_queue(s, name);
    if (q == NULL) {
        if (s->queue_count == MAX_QUEUES) {
            errx(1, "more than %d queues", MAX_QUEUES);
        }
        q = &s->queues[s->queue_count++];
        *q = (struct queue){.name = name, .first = NO_MESSAGE, .last = NO_MESSAGE};
    }
    return (uint32_t)(q - s->queues);
}

/* Decode %XX in place: the key never grows. */
static struct span key_decode(struct span encoded)
{
    char *out = must(malloc(encoded.n + 1));
    size_t n = 0;
    for (size_t i = 0; i < encoded.n; i++) {
        unsigned byte = 0;
        if (encoded.p[i] == '%' && i + 2 < encoded.n &&
            sscanf(encoded.p + i + 1, "%2x", &byte) == 1) {
            out[n++] = (char)byte;
            i += 2;
        } else {
            out[n++] = encoded.p[i];
        }
    }
    return (struct span){out, n};
}

static struct span field(char **at)
{
    char *start = *at;
    size_t n = strcspn(start, "\t\n");
    *at = start + n + (start[n] != '\0');
    return (struct span){start, n};
}

static void object_read(struct store *s, char **at, size_t data_size)
{
    struct span queue = field(at);
    struct object o = {.bucket = field(at), .encoded = field(at)};
    o.offset = strtoull(field(at).p, NULL, 10);
    o.size = strtoull(field(at).p, NULL, 10);
    o.key = key_decode(o.encoded);
    if (o.size > data_size || o.offset > data_size - o.size) {
        errx(1, "object %u lies outside of the data", s->count);
    }
    s->queue_of[s->count] = queue_number(s, queue);
    s->messages[s->count] = (struct message){.state = MESSAGE_UNSENT, .next = NO_MESSAGE};
    s->objects[s->count++] = o;
}

void store_load(struct store *s, const char *index_path, const char *data_path)
{
    size_t index_size, data_size;
    int fd;
    char *text = file_map(index_path, &index_size, &fd, PROT_READ);
    s->data = file_map(data_path, &data_size, &s->data_fd, PROT_READ);
    s->index = must(malloc(index_size + 1));
    memcpy(s->index, text, index_size);
    s->index[index_size] = '\0';
    size_t lines = 0;
    for (char *p = s->index; (p = strchr(p, '\n')) != NULL; p++) {
        lines++;
    }
    s->objects = must(calloc(lines + 1, sizeof *s->objects));
    s->messages = must(calloc(lines + 1, sizeof *s->messages));
    s->queue_of = must(calloc(lines + 1, sizeof *s->queue_of));
    for (char *at = s->index; *at != '\0' && s->count < lines;) {
        object_read(s, &at, data_size);
    }
    table_fill(s);
}

uint64_t object_checksum(struct store *s, struct object *o)
{
    if (!o->has_checksum) {
        o->checksum = crc64nvme(s->data + o->offset, o->size);
        o->has_checksum = true;
    }
    return o->checksum;
}

static void make_ready(struct store *s, uint32_t i)
{
    struct queue *q = &s->queues[s->queue_of[i]];
    s->messages[i].state = MESSAGE_READY;
    s->messages[i].next = NO_MESSAGE;
    if (q->last == NO_MESSAGE) {
        q->first = i;
    } else {
        s->messages[q->last].next = i;
    }
    q->last = i;
    q->ready++;
}

int64_t message_due_ms(const struct store *s, uint32_t i)
{
    return s->start_ms + (s->rate_per_ms == 0 ? 0 : (int64_t)(i / s->rate_per_ms));
}

static void release_due(struct store *s, int64_t now_ms)
{
    double due = s->rate_per_ms == 0 ? s->count : (double)(now_ms - s->start_ms) * s->rate_per_ms;
    while (s->sent < s->count && s->sent < due) {
        s->messages[s->sent].sent_ms = now_ms;
        make_ready(s, s->sent++);
    }
}

/* Checks all messages, but rarely: at most a few thousand of them are held. */
static void take_back(struct store *s, int64_t now_ms)
{
    static int64_t last_ms;
    if (now_ms - last_ms < 1000) {
        return;
    }
    last_ms = now_ms;
    for (uint32_t i = 0; i < s->sent; i++) {
        struct message *m = &s->messages[i];
        if (m->state == MESSAGE_HELD && m->visible_ms <= now_ms) {
            s->queues[s->queue_of[i]].held--;
            s->counters.expired++;
            make_ready(s, i);
        }
    }
}

void store_tick(struct store *s, int64_t now_ms)
{
    if (s->start_ms != 0) {
        release_due(s, now_ms);
        take_back(s, now_ms);
    }
}

uint32_t queue_take(struct store *s, struct queue *q, int64_t now_ms, int64_t visible_ms)
{
    uint32_t i = q->first;
    if (i == NO_MESSAGE) {
        return i;
    }
    struct message *m = &s->messages[i];
    q->first = m->next;
    if (q->first == NO_MESSAGE) {
        q->last = NO_MESSAGE;
    }
    q->ready--;
    q->held++;
    m->state = MESSAGE_HELD;
    m->visible_ms = visible_ms;
    m->first_ms = m->receives++ == 0 ? now_ms : m->first_ms;
    s->counters.received++;
    return i;
}

static struct message *held(struct store *s, uint32_t i, uint32_t receives)
{
    bool ours =
        i < s->count && s->messages[i].receives == receives && s->messages[i].state == MESSAGE_HELD;
    return ours ? &s->messages[i] : NULL;
}

bool message_delete(struct store *s, uint32_t i, uint32_t receives, int64_t now_ms)
{
    struct message *m = held(s, i, receives);
    if (m == NULL) {
        return false;
    }
    m->state = MESSAGE_DELETED;
    m->deleted_ms = now_ms;
    s->last_deleted_ms = now_ms;
    s->queues[s->queue_of[i]].held--;
    s->counters.deleted++;
    return true;
}

bool message_hold(struct store *s, uint32_t i, uint32_t receives, int64_t visible_ms)
{
    struct message *m = held(s, i, receives);
    if (m == NULL) {
        return false;
    }
    m->visible_ms = visible_ms;
    s->counters.changed++;
    return true;
}
