/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fakeaws-fast - S3, SQS and STS with prepared responses, for benchmarks: one thread, epoll.
 *
 *     fakeaws-fast --index FILE --data FILE [--ready-file FILE] [--port N] [--latency-ms N]
 *                  [--rate MESSAGES_PER_S] [--wait] [--tls CERTIFICATE_AND_KEY.pem]
 *                  [--no-checksums] [--region R]
 *
 * Messages are in their queues from the start; with --wait from the first GET /_admin/start; with
 * --rate they are added one by one. GET /_admin/counters returns the numbers of requests so far,
 * and GET /_admin/lags the time of each object from its message to its delete.
 */
#include "answer.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, TICK_MS = 10 };

struct server {
    struct options options;
    struct store store;
    int epoll, listener;
    SSL_CTX *tls;
    struct conn *waiting; /* long polls, and delayed responses */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- connections ----------------------------------------------------------------------------- */

static void wait_add(struct server *s, struct conn *c)
{
    if (c->self == NULL) {
        c->next = s->waiting;
        c->self = &s->waiting;
        if (c->next != NULL) {
            c->next->self = &c->next;
        }
        s->waiting = c;
    }
}

static void wait_remove(struct conn *c)
{
    if (c->self != NULL) {
        *c->self = c->next;
        if (c->next != NULL) {
            c->next->self = c->self;
        }
        c->next = NULL;
        c->self = NULL;
    }
}

static bool held_back(const struct conn *c, int64_t now)
{
    return c->poll.queue != NULL || c->not_before_ms > now;
}

/* Process a connection as far as possible. False: it has ended. */
static bool conn_go(struct server *s, struct conn *c)
{
    for (;;) {
        int64_t now = now_ms();
        if (held_back(c, now)) {
            wait_add(s, c);
            return true;
        }
        wait_remove(c);
        if (c->not_before_ms != 0) {
            s->store.counters.waited_ms +=
                (uint64_t)(now - c->not_before_ms + s->options.latency_ms);
            c->not_before_ms = 0;
        }
        if (!conn_write(c, &s->store)) {
            return false;
        }
        struct request r;
        if (!conn_written(c) || !request_parse(buf_span(&c->in), &r)) {
            return true;
        }
        store_tick(&s->store, now);
        request_answer(c, &r, &s->store, &s->options, now);
        c->in.n -= r.bytes;
        memmove(c->in.p, c->in.p + r.bytes, c->in.n);
    }
}

static void accept_all(struct server *s)
{
    int fd;
    while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP};
        e.data.ptr = conn_new(fd, s->tls);
        if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
            err(1, "epoll_ctl");
        }
    }
}

/* Process waiting connections whose message has arrived or whose time is over. */
static void waiting_go(struct server *s)
{
    int64_t now = now_ms();
    store_tick(&s->store, now);
    struct conn *next;
    for (struct conn *c = s->waiting; c != NULL; c = next) {
        next = c->next;
        if (c->poll.queue != NULL) {
            (void)sqs_poll(c, &s->store, &s->options, now);
        }
        if (!held_back(c, now) && !conn_go(s, c)) {
            conn_free(c);
        }
    }
}

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void serve(struct server *s)
{
    struct epoll_event events[EVENTS];
    while (!stopped) {
        int wait_ms = s->waiting == NULL ? 200 : s->options.latency_ms > 0 ? 1 : TICK_MS;
        int n = epoll_wait(s->epoll, events, EVENTS, wait_ms);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (c == NULL) {
                accept_all(s);
            } else if (!conn_read(c) || !conn_go(s, c)) {
                conn_free(c);
            }
        }
        waiting_go(s);
    }
}

/* --- start ------------------------------------------------------------------------------------ */

static int listen_on(int port, int *given)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
        err(1, "port %d", port);
    }
    *given = ntohs(a.sin_port);
    return fd;
}

static SSL_CTX *tls_new(const char *pem)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, pem) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, pem, SSL_FILETYPE_PEM) != 1) {
        errx(1, "%s: no certificate with key", pem);
    }
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return tls;
}

static void ready_write(const char *path, const char *scheme, int port, const struct store *s)
{
    char text[256], partial[4096];
    snprintf(text, sizeof text,
             "{\"endpoint\": \"%s://127.0.0.1:%d\", \"port\": %d, \"pid\": %d, \"objects\": %u}\n",
             scheme, port, port, (int)getpid(), s->count);
    fputs(text, stdout);
    fflush(stdout);
    if (path == NULL) {
        return;
    }
    snprintf(partial, sizeof partial, "%s.new", path);
    FILE *f = fopen(partial, "we");
    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 || rename(partial, path) != 0) {
        err(1, "%s", path);
    }
}

struct arguments {
    const char *index, *data, *ready, *tls;
    int port;
    uint32_t listing;
    bool wait;
    double rate;
};

static void arguments_read(struct arguments *a, struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"index", 1, NULL, 'i'},      {"data", 1, NULL, 'd'},    {"ready-file", 1, NULL, 'f'},
        {"port", 1, NULL, 'p'},       {"wait", 0, NULL, 'w'},    {"rate", 1, NULL, 'r'},
        {"latency-ms", 1, NULL, 'l'}, {"tls", 1, NULL, 't'},     {"no-checksums", 0, NULL, 'c'},
        {"region", 1, NULL, 'g'},     {"listing", 1, NULL, 'n'}, {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'i':
            a->index = optarg;
            break;
        case 'd':
            a->data = optarg;
            break;
        case 'f':
            a->ready = optarg;
            break;
        case 'p':
            a->port = atoi(optarg);
            break;
        case 'w':
            a->wait = true;
            break;
        case 'r':
            a->rate = atof(optarg);
            break;
        case 'l':
            o->latency_ms = atoi(optarg);
            break;
        case 't':
            a->tls = optarg;
            break;
        case 'c':
            o->checksums = false;
            break;
        case 'n':
            a->listing = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'g':
            o->region = optarg;
            break;
        default:
            exit(2);
        }
    }
    if (a->index == NULL || a->data == NULL || optind != argc) {
        errx(2, "--index and --data are needed");
    }
}

int main(int argc, char **argv)
{
    static struct server s = {
        .options = {.checksums = true, .region = "eu-west-1", .account = "111122223333"}};
    struct arguments a = {0};
    arguments_read(&a, &s.options, argc, argv);
    store_load(&s.store, a.index, a.data);
    s.store.rate_per_ms = a.rate / 1000;
    listing_make(&s.store, a.listing);
    s.store.start_ms = a.wait ? 0 : now_ms();
    s.tls = a.tls != NULL ? tls_new(a.tls) : NULL;
    int port;
    s.listener = listen_on(a.port, &port);
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN};
    if (s.epoll < 0 || epoll_ctl(s.epoll, EPOLL_CTL_ADD, s.listener, &e) != 0) {
        err(1, "epoll");
    }
    struct sigaction stop = {.sa_handler = on_signal};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    ready_write(a.ready, a.tls != NULL ? "https" : "http", port, &s.store);
    serve(&s);
    _exit(0); /* connections end with the process */
}
