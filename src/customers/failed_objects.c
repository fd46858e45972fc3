/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failed_objects.c - a list per customer, the newest first. Name and version are kept as hashes: a
 * customer that makes two of its own names collide affects only its own objects.
 *
 * The list is searched for each object of the customer, which costs a few microseconds if it is
 * full and nothing if it is empty.
 */
#include "customers/failed_objects.h"

#include "customers_priv.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/share.h"
#include "conf/sizes.h"

#include <stdlib.h>

struct failed_object {
    struct failed_object *next; /* older */
    uint64_t name, version;     /* hashes */
    enum err_kind kind;
    uint64_t lines, events, rejects, bytes;
    struct buf waiting;
    char text[]; /* of the error */
};

static uint64_t name_hash(struct span name)
{
    return hash_span(HASH_SEED, name);
}

/* The hash of a version is also one of the name, so that both together have 128 bits. */
static uint64_t version_hash(struct span name, struct span version)
{
    return hash_span(hash_span(hash_byte(HASH_SEED, 'v'), version), name);
}

static size_t memory_of(const struct failed_object *o)
{
    return sizeof(*o) + strlen(o->text) + 1 + o->waiting.cap;
}

static void count_bytes(struct customer_entry *c, size_t before, size_t after)
{
    c->failed.bytes += after - before; /* unsigned: also if it decreases */
    (void)atomic_fetch_add(&c->all->failed_bytes, after - before);
}

/* Free the object at *at of the list. */
static void forget_locked(struct customer_entry *c, struct failed_object **at)
{
    struct failed_object *o = *at;
    *at = o->next;
    count_bytes(c, memory_of(o), 0);
    c->failed.count--;
    buf_done(&o->waiting);
    free(o);
}

void failed_objects_clear(struct customer_entry *c)
{
    while (c->failed.newest != NULL) {
        forget_locked(c, &c->failed.newest);
    }
}

static struct failed_object **find_locked(struct customer_entry *c, uint64_t name)
{
    struct failed_object **at = &c->failed.newest;
    while (*at != NULL && (*at)->name != name) {
        at = &(*at)->next;
    }
    return at;
}

static void forget_oldest_locked(struct customer_entry *c)
{
    struct failed_object **at = &c->failed.newest;
    while ((*at)->next != NULL) {
        at = &(*at)->next;
    }
    forget_locked(c, at);
}

static bool has_room_locked(const struct customer_entry *c, size_t bytes)
{
    return c->failed.count < FAILED_OBJECTS &&
           share_allows(FAILED_OBJECTS_BYTES, atomic_load(&c->all->failed_bytes), c->failed.bytes,
                        bytes);
}

/* Add a new object, in place of older ones. Without room it is freed. */
static void add_locked(struct customer_entry *c, struct failed_object *o)
{
    struct failed_object **same = find_locked(c, o->name);
    if (*same != NULL) {
        forget_locked(c, same);
    }
    while (c->failed.newest != NULL && !has_room_locked(c, memory_of(o))) {
        forget_oldest_locked(c);
    }
    bool room = has_room_locked(c, memory_of(o));
    o->next = c->failed.newest;
    c->failed.newest = o;
    c->failed.count++;
    count_bytes(c, 0, memory_of(o));
    if (!room) {
        forget_locked(c, &c->failed.newest);
    }
}

void failed_objects_add(struct customer *customer, struct span name, struct span version,
                        struct failed_read *read)
{
    struct customer_entry *c = entry_of(customer);
    size_t text_bytes = strlen(read->err.text) + 1;
    struct failed_object *o = mem_zeros(1, sizeof(*o) + text_bytes);
    o->name = name_hash(name);
    o->version = version_hash(name, version);
    o->kind = read->err.kind;
    o->lines = read->lines;
    o->events = read->events;
    o->rejects = read->rejects;
    o->bytes = read->bytes;
    o->waiting = read->waiting;
    read->waiting = (struct buf)BUF_INIT(read->waiting.max);
    memcpy(o->text, read->err.text, text_bytes);
    mutex_lock(&c->failed.lock);
    add_locked(c, o);
    mutex_unlock(&c->failed.lock);
}

bool failed_objects_know(struct customer *customer, struct span name)
{
    struct customer_entry *c = entry_of(customer);
    mutex_lock(&c->failed.lock);
    bool known = c->failed.newest != NULL && *find_locked(c, name_hash(name)) != NULL;
    mutex_unlock(&c->failed.lock);
    return known;
}

static void recall_locked(struct customer_entry *c, struct failed_object *o, bool last,
                          struct failed_read *out)
{
    *out = (struct failed_read){
        .lines = o->lines, .events = o->events, .rejects = o->rejects, .bytes = o->bytes};
    (void)err_set(&out->err, o->kind, "%s", o->text);
    if (last) {
        size_t before = memory_of(o);
        out->waiting = o->waiting;
        o->waiting = (struct buf)BUF_INIT(0);
        count_bytes(c, before, memory_of(o));
    }
}

bool failed_objects_recall(struct customer *customer, struct span name, struct span version,
                           bool last, struct failed_read *out)
{
    struct customer_entry *c = entry_of(customer);
    mutex_lock(&c->failed.lock);
    struct failed_object *o = *find_locked(c, name_hash(name));
    bool same = o != NULL && o->version == version_hash(name, version);
    if (same) {
        recall_locked(c, o, last, out);
    }
    mutex_unlock(&c->failed.lock);
    return same;
}
