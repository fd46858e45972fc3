/* SPDX-License-Identifier: Apache-2.0 */
#include "net/clients.h"

#include <netinet/in.h>
#include <string.h>

void clients_init(struct clients *c)
{
    *c = (struct clients){.order = 0};
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        c->list[i].fd = -1;
    }
}

static struct client *find_client(struct clients *c, int fd)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (c->list[i].fd == fd) {
            return &c->list[i];
        }
    }
    return NULL;
}

/* An IPv4 address as the IPv6 address that stands for it (RFC 4291 §2.5.5.2). */
static void set_address(struct client *to, const struct sockaddr *from)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (from->sa_family == AF_INET) {
        memcpy(&v4, from, sizeof(v4));
        to->address[10] = to->address[11] = 0xff;
        memcpy(to->address + 12, &v4.sin_addr, sizeof(v4.sin_addr));
    } else if (from->sa_family == AF_INET6) {
        memcpy(&v6, from, sizeof(v6));
        memcpy(to->address, &v6.sin6_addr, sizeof(v6.sin6_addr));
    }
}

void clients_add(struct clients *c, int fd, const struct sockaddr *address, int64_t now_ms)
{
    struct client *to = find_client(c, -1);
    if (to != NULL) {
        *to = (struct client){.fd = fd, .since_ms = now_ms, .order = c->order++};
        set_address(to, address);
    }
}

void clients_remove(struct clients *c, int fd)
{
    struct client *one = find_client(c, fd);
    if (one != NULL) {
        one->fd = -1;
    }
}

static void set_answering(struct clients *c, int fd, int64_t now_ms, bool answering)
{
    struct client *one = find_client(c, fd);
    if (one != NULL) {
        one->answering = answering;
        one->since_ms = now_ms;
    }
}

void clients_asked(struct clients *c, int fd, int64_t now_ms)
{
    set_answering(c, fd, now_ms, true);
}

void clients_answered(struct clients *c, int fd, int64_t now_ms)
{
    set_answering(c, fd, now_ms, false);
}

/* Whether a ends before b: one without a request first, then the older one. */
static bool is_before(const struct client *a, const struct client *b)
{
    if (a->answering != b->answering) {
        return b->answering;
    }
    return a->order < b->order;
}

/* The first to end of the address (NULL: of all), if there are more than `most`. */
static struct client *one_too_many(struct clients *c, const unsigned char *address, size_t most)
{
    struct client *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *one = &c->list[i];
        if (one->fd < 0 || one->ended ||
            (address != NULL && memcmp(one->address, address, sizeof(one->address)) != 0)) {
            continue;
        }
        first = first == NULL || is_before(one, first) ? one : first;
        count++;
    }
    return count > most ? first : NULL;
}

static bool is_late(const struct client *one, int64_t now_ms)
{
    return now_ms - one->since_ms >= (one->answering ? CLIENTS_ANSWER_MS : CLIENTS_HEAD_MS);
}

int clients_next_late(struct clients *c, int64_t now_ms)
{
    struct client *end = one_too_many(c, NULL, CLIENTS_ROOM);
    for (size_t i = 0; i < CLIENTS_MAX && end == NULL; i++) {
        struct client *one = &c->list[i];
        if (one->fd >= 0 && !one->ended) {
            end = is_late(one, now_ms) ? one : one_too_many(c, one->address, CLIENTS_PER_ADDRESS);
        }
    }
    if (end == NULL) {
        return -1;
    }
    end->ended = true;
    return end->fd;
}
