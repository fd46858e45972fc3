/* SPDX-License-Identifier: Apache-2.0 */
#include "net/server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_REPLIES = 1024, MAX_CONNECTIONS = 512, REQUEST_BYTES = 1 << 20, TICK_MS = 20 };

struct server {
    int fd;
    int port;
    atomic_bool stopped;
    pthread_t acceptor;
    pthread_t threads[MAX_CONNECTIONS];
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        struct reply replies[MAX_REPLIES];
        size_t reply_count, reply_next;
        struct buf requests[MAX_REPLIES];
        size_t request_count;
        size_t connections;
    } shared;
};

struct connection {
    struct server *server;
    int fd;
};

static void must(bool right, const char *what)
{
    if (!right) {
        perror(what);
        abort();
    }
}

/* Wait for bytes. False: the server ends. */
static bool await_input(struct server *s, int fd)
{
    while (!atomic_load(&s->stopped)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, TICK_MS) > 0) {
            return true;
        }
    }
    return false;
}

static size_t body_bytes(const char *head)
{
    const char *length = strcasestr(head, "\r\ncontent-length:");
    return length != NULL ? strtoul(length + 17, NULL, 10) : 0;
}

/* Read a complete request into *in. False: the connection or the server has ended. */
static bool read_request(struct server *s, int fd, struct buf *in)
{
    for (;;) {
        const char *end = in->n > 0 ? strstr(in->p, "\r\n\r\n") : NULL;
        if (end != NULL && in->n >= (size_t)(end - in->p) + 4 + body_bytes(in->p)) {
            return true;
        }
        char piece[4096];
        if (!await_input(s, fd)) {
            return false;
        }
        ssize_t n = recv(fd, piece, sizeof(piece), 0);
        if (n <= 0) {
            return false;
        }
        buf_add(in, span_of(piece, (size_t)n));
    }
}

static bool send_all(struct server *s, int fd, struct span bytes)
{
    while (bytes.n > 0 && !atomic_load(&s->stopped)) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            if (poll(&p, 1, TICK_MS) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0) {
                return false;
            }
            continue;
        }
        bytes = span_from(bytes, (size_t)n);
    }
    return bytes.n == 0;
}

static void pause_for(int ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Send the reply. True: the connection stays open. */
static bool play(struct server *s, int fd, const struct reply *r)
{
    bool going = send_all(s, fd, r->text);
    while (r->gate != NULL && !atomic_load(r->gate) && !atomic_load(&s->stopped)) {
        pause_for(1);
    }
    for (size_t i = 0; i < r->repeat && going && !atomic_load(&s->stopped); i++) {
        pause_for(r->pause_ms);
        going = send_all(s, fd, span_from(r->text, r->text.n - r->tail));
    }
    if (going && r->end == REPLY_STALL) {
        char ignored[256];
        while (await_input(s, fd) && recv(fd, ignored, sizeof(ignored), 0) > 0) {
        }
    }
    if (r->end == REPLY_RESET) {
        struct linger now = {1, 0};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    return going && r->end == REPLY_KEEP;
}

/* Store the request and return the next reply. False: there is none. */
static bool next_reply(struct server *s, const struct buf *in, struct reply *out)
{
    bool found = false;
    (void)pthread_mutex_lock(&s->shared.lock);
    if (s->shared.request_count < MAX_REPLIES) {
        struct buf *copy = &s->shared.requests[s->shared.request_count++];
        *copy = (struct buf)BUF_INIT(REQUEST_BYTES);
        buf_add(copy, buf_span(in));
    }
    if (s->shared.reply_next < s->shared.reply_count) {
        *out = s->shared.replies[s->shared.reply_next++];
        found = true;
    }
    (void)pthread_cond_broadcast(&s->shared.changed);
    (void)pthread_mutex_unlock(&s->shared.lock);
    return found;
}

static void *serve(void *arg)
{
    struct connection c = *(struct connection *)arg;
    struct buf in = BUF_INIT(REQUEST_BYTES);
    struct reply r;
    free(arg);
    while (read_request(c.server, c.fd, &in) && next_reply(c.server, &in, &r) &&
           play(c.server, c.fd, &r)) {
        buf_clear(&in);
        in.p[0] = '\0';
    }
    buf_done(&in);
    (void)close(c.fd);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct server *s = arg;
    while (await_input(s, s->fd)) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0) {
            continue;
        }
        struct connection *c = malloc(sizeof(*c));
        must(c != NULL, "malloc");
        *c = (struct connection){s, fd};
        (void)pthread_mutex_lock(&s->shared.lock);
        must(s->shared.connections < MAX_CONNECTIONS, "connections");
        must(pthread_create(&s->threads[s->shared.connections++], NULL, serve, c) == 0, "thread");
        (void)pthread_mutex_unlock(&s->shared.lock);
    }
    return NULL;
}

struct server *server_new(void)
{
    struct server *s = calloc(1, sizeof(*s));
    must(s != NULL, "calloc");
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(at);
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    must(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&at, n) == 0 &&
             listen(s->fd, SOMAXCONN) == 0 && getsockname(s->fd, (struct sockaddr *)&at, &n) == 0,
         "listen");
    s->port = ntohs(at.sin_port);
    (void)pthread_mutex_init(&s->shared.lock, NULL);
    (void)pthread_cond_init(&s->shared.changed, NULL);
    must(pthread_create(&s->acceptor, NULL, accept_all, s) == 0, "thread");
    return s;
}

void server_free(struct server *s)
{
    atomic_store(&s->stopped, true);
    (void)pthread_join(s->acceptor, NULL);
    for (size_t i = 0; i < s->shared.connections; i++) {
        (void)pthread_join(s->threads[i], NULL);
    }
    for (size_t i = 0; i < s->shared.reply_count; i++) {
        free((void *)(uintptr_t)s->shared.replies[i].text.p);
    }
    for (size_t i = 0; i < s->shared.request_count; i++) {
        buf_done(&s->shared.requests[i]);
    }
    (void)close(s->fd);
    free(s);
}

int server_port(const struct server *s)
{
    return s->port;
}

void server_add(struct server *s, struct reply r)
{
    char *copy = malloc(r.text.n + 1);
    must(copy != NULL, "malloc");
    if (r.text.n > 0) {
        memcpy(copy, r.text.p, r.text.n);
    }
    r.text.p = copy;
    (void)pthread_mutex_lock(&s->shared.lock);
    must(s->shared.reply_count < MAX_REPLIES, "replies");
    s->shared.replies[s->shared.reply_count++] = r;
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void server_add_answer(struct server *s, const char *status, const char *headers, struct span body)
{
    struct buf text = BUF_INIT(64 << 20);
    buf_addf(&text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, headers, body.n);
    buf_add(&text, body);
    server_add(s, (struct reply){.text = buf_span(&text)});
    buf_done(&text);
}

size_t server_requests(struct server *s)
{
    (void)pthread_mutex_lock(&s->shared.lock);
    size_t n = s->shared.request_count;
    (void)pthread_mutex_unlock(&s->shared.lock);
    return n;
}

void server_await(struct server *s, size_t n)
{
    (void)pthread_mutex_lock(&s->shared.lock);
    while (s->shared.request_count < n) {
        (void)pthread_cond_wait(&s->shared.changed, &s->shared.lock);
    }
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void server_copy(struct server *s, size_t at, struct buf *out)
{
    buf_clear(out);
    (void)pthread_mutex_lock(&s->shared.lock);
    if (at < s->shared.request_count) {
        buf_add(out, buf_span(&s->shared.requests[at]));
    }
    (void)pthread_mutex_unlock(&s->shared.lock);
}

bool server_got(struct server *s, size_t at, const char *text)
{
    struct buf copy = BUF_INIT(REQUEST_BYTES);
    server_copy(s, at, &copy);
    bool found = copy.n > 0 && memmem(copy.p, copy.n, text, strlen(text)) != NULL;
    if (!found) {
        (void)fprintf(stderr, "request %zu lacks [%s]:\n%s\n", at, text, copy.n > 0 ? copy.p : "");
    }
    buf_done(&copy);
    return found;
}

size_t server_connections(struct server *s)
{
    (void)pthread_mutex_lock(&s->shared.lock);
    size_t n = s->shared.connections;
    (void)pthread_mutex_unlock(&s->shared.lock);
    return n;
}
