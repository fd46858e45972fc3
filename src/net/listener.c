/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket is created here, because libmicrohttpd does not report why it could not create one.
 * The library parses the requests. It runs in a thread of the listener and not in one of its own,
 * because it knows no deadline for a whole head and cannot end a connection in favour of another.
 */
#include "net/listener.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lock.h"
#include "net/clients.h"
#include "net/host.h"
#include "net/unix_socket.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    HOST_BYTES = 256,
    PORT_BYTES = 6,
    BACKLOG = 16,
    NOT_FOUND_BYTES = 1024,
    LOOK_MS = 1000, /* between two looks for clients that are late */
};

struct listener {
    struct listener_settings settings;
    struct MHD_Daemon *daemon;
    int fd; /* of the socket that listens */
    int port;
    bool checks_host;
    char machine[HOST_BYTES]; /* its name */
    pthread_t thread;
    atomic_bool stopping;
    atomic_size_t page_bytes; /* of settings at first */
    /* Used by the thread only. */
    struct clients clients;
    size_t held; /* bytes of pages being sent */
    int64_t ticked_ms;
};

/* A page being sent. Stores its size, which is needed when it has been sent. */
struct page {
    struct listener *listener;
    struct buf body;
};

/* ---- The address ---- */

struct place {
    char host[HOST_BYTES]; /* "": all addresses */
    char port[PORT_BYTES];
};

static bool copy_part(char *out, size_t cap, struct span part)
{
    if (part.n >= cap || memchr(part.p, '\0', part.n) != NULL) {
        return false;
    }
    memcpy(out, part.p, part.n);
    out[part.n] = '\0';
    return true;
}

static bool is_port(struct span text)
{
    unsigned n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i == PORT_BYTES - 1) {
            return false;
        }
        n = n * 10 + (unsigned)(text.p[i] - '0');
    }
    return text.n > 0 && n <= UINT16_MAX;
}

/* The last colon precedes the port. A host that contains colons is in brackets. */
static bool split_address(const char *text, struct place *out)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return false;
    }
    struct span host = span_of(text, (size_t)(colon - text));
    struct span port = span_str(colon + 1);
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
        host = span_of(host.p + 1, host.n - 2);
    } else if (host.n != 0 && memchr(host.p, ':', host.n) != NULL) {
        return false;
    }
    return is_port(port) && copy_part(out->host, sizeof(out->host), host) &&
           copy_part(out->port, sizeof(out->port), port);
}

bool listener_address_ok(const char *text)
{
    struct place place;
    return split_address(text, &place);
}

/* ---- The socket ---- */

/* Open a socket that listens on the address. -1: see errno. */
static int listen_at(const struct addrinfo *at)
{
    int on = 1;
    int off = 0;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (at->ai_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int why = errno;
    (void)close(fd);
    errno = why;
    return -1;
}

/* IPv6 first, then IPv4: the IPv6 socket of "all addresses" also accepts IPv4. */
static int listen_family(const struct addrinfo *list, int family)
{
    int fd = -1;
    for (const struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
        if (at->ai_family == family) {
            fd = listen_at(at);
        }
    }
    return fd;
}

static int make_socket(const char *address, struct err *e)
{
    struct place place;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    if (!split_address(address, &place)) {
        (void)err_set(e, FAIL_CONFIG, "%s is not HOST:PORT", address);
        return -1;
    }
    int rc = getaddrinfo(place.host[0] != '\0' ? place.host : NULL, place.port, &hints, &list);
    if (rc != 0) {
        (void)err_set(e, FAIL_CONFIG, "%s: %s", address, gai_strerror(rc));
        return -1;
    }
    bool all = place.host[0] == '\0';
    errno = EADDRNOTAVAIL;
    int fd = listen_family(list, all ? AF_INET6 : AF_INET);
    if (fd < 0 && errno != EADDRINUSE) {
        fd = listen_family(list, all ? AF_INET : AF_INET6);
    }
    if (fd < 0) {
        (void)err_set(e, FAIL_CONFIG, "cannot listen on %s: %s", address, strerrordesc_np(errno));
    }
    freeaddrinfo(list);
    return fd;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un path;
};

/* Family AF_UNSPEC: not known. */
static union address address_of(int fd)
{
    union address at = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t n = sizeof(at);
    if (getsockname(fd, &at.any, &n) != 0) {
        at.any.sa_family = AF_UNSPEC;
    }
    return at;
}

static int port_of(const union address *at)
{
    switch (at->any.sa_family) {
    case AF_INET:
        return ntohs(at->v4.sin_port);
    case AF_INET6:
        return ntohs(at->v6.sin6_port);
    default:
        return 0;
    }
}

static bool is_loopback(const union address *at)
{
    enum { LOOPBACK_NET = 127 };
    switch (at->any.sa_family) {
    case AF_INET:
        return ntohl(at->v4.sin_addr.s_addr) >> 24 == LOOPBACK_NET;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&at->v6.sin6_addr);
    default:
        return false;
    }
}

/* ---- Requests ---- */

static void page_sent(void *arg)
{
    struct page *p = arg;
    p->listener->held -= p->body.n;
    buf_done(&p->body);
    free(p);
}

/* Takes ownership of the body. */
static enum MHD_Result answer(struct listener *l, struct MHD_Connection *c, unsigned status,
                              const struct listener_answer *a)
{
    struct page *p = mem_zeros(1, sizeof(*p));
    *p = (struct page){.listener = l, .body = a->body};
    l->held += a->body.n;
    struct MHD_Response *r =
        MHD_create_response_from_buffer_with_free_callback_cls(p->body.n, p->body.p, page_sent, p);
    if (r == NULL) {
        page_sent(p);
        return MHD_NO;
    }
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    for (size_t i = 0; i < a->header_count; i++) {
        (void)MHD_add_response_header(r, a->headers[i].name, a->headers[i].value);
    }
    enum MHD_Result done = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return done;
}

static enum MHD_Result answer_text(struct listener *l, struct MHD_Connection *c, unsigned status,
                                   struct span text)
{
    struct listener_answer a = {.body = BUF_INIT(NOT_FOUND_BYTES),
                                .type = "text/plain; charset=utf-8"};
    buf_add(&a.body, text);
    return answer(l, c, status, &a);
}

static enum MHD_Result answer_page(struct listener *l, struct MHD_Connection *c,
                                   const struct listener_page *page, const char *path)
{
    struct listener_request request = {.path = span_str(path), .connection = c};
    struct listener_answer a = {.type = page->type};
    size_t page_bytes = atomic_load(&l->page_bytes);
    if (l->held > page_bytes) {
        return answer_text(l, c, MHD_HTTP_SERVICE_UNAVAILABLE,
                           SPAN("too many answers are not taken by those who asked\n"));
    }
    a.body = (struct buf)BUF_INIT(page_bytes);
    int status = page->write(l->settings.ctx, &request, &a);
    if (a.body.overflowed) {
        buf_done(&a.body);
        return answer_text(l, c, MHD_HTTP_INTERNAL_SERVER_ERROR, SPAN("the page is too long\n"));
    }
    return answer(l, c, (unsigned)status, &a);
}

static enum MHD_Result answer_unknown(struct listener *l, struct MHD_Connection *c)
{
    struct buf text = BUF_INIT(NOT_FOUND_BYTES);
    buf_add(&text, SPAN("there is only"));
    for (size_t i = 0; i < l->settings.page_count; i++) {
        buf_addf(&text, " %s", l->settings.pages[i].path);
    }
    buf_add_byte(&text, '\n');
    enum MHD_Result done = answer_text(l, c, MHD_HTTP_NOT_FOUND, buf_span(&text));
    buf_done(&text);
    return done;
}

static bool page_is(const struct listener_page *page, const char *path)
{
    size_t n = strlen(page->path);
    return page->below ? strncmp(path, page->path, n) == 0 : strcmp(path, page->path) == 0;
}

static const struct listener_page *find_page(const struct listener *l, const char *path)
{
    for (size_t i = 0; i < l->settings.page_count; i++) {
        if (page_is(&l->settings.pages[i], path)) {
            return &l->settings.pages[i];
        }
    }
    return NULL;
}

static enum MHD_Result answer_not_allowed(struct listener *l, struct MHD_Connection *c,
                                          const char *methods)
{
    struct listener_answer a = {.body = BUF_INIT(NOT_FOUND_BYTES),
                                .type = "text/plain; charset=utf-8"};
    buf_addf(&a.body, "only %s\n", methods);
    listener_answer_header(&a, MHD_HTTP_HEADER_ALLOW, methods);
    return answer(l, c, MHD_HTTP_METHOD_NOT_ALLOWED, &a);
}

void listener_answer_header(struct listener_answer *a, const char *name, const char *value)
{
    assert(a->header_count < LISTENER_HEADERS);
    a->headers[a->header_count++] = (struct listener_header){name, value};
}

static int fd_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info != NULL ? info->connect_fd : -1;
}

long listener_peer_uid(const struct listener_request *r)
{
    return unix_socket_peer_uid(fd_of(r->connection));
}

/* A browser sends the name of the page that asks: see net/host.h. */
static bool is_for_us(const struct listener *l, struct MHD_Connection *c)
{
    const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    return !l->checks_host ||
           host_is_ours(span_str(host != NULL ? host : ""), l->machine, l->settings.hosts);
}

/* Called when the headers have been read. A response at this point means that no body is read. */
/* NOLINTNEXTLINE(readability-function-size): the library's signature */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version UNUSED,
                                  const char *upload UNUSED, size_t *upload_size UNUSED,
                                  void **mine UNUSED)
{
    struct listener *l = ctx;
    clients_asked(&l->clients, fd_of(c), clock_mono_ms(&clock_system));
    if (!is_for_us(l, c)) {
        return answer_text(l, c, MHD_HTTP_MISDIRECTED_REQUEST,
                           SPAN("this worker has not the name in Host: use its address or "
                                "localhost, or add the name to metrics.hosts\n"));
    }
    const struct listener_page *page = find_page(l, url);
    bool reads =
        strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (page != NULL && page->post) {
        return strcmp(method, MHD_HTTP_METHOD_POST) == 0 ? answer_page(l, c, page, url)
                                                         : answer_not_allowed(l, c, "POST");
    }
    if (!reads) {
        return answer_not_allowed(l, c, "GET, HEAD");
    }
    return page != NULL ? answer_page(l, c, page, url) : answer_unknown(l, c);
}

/* ---- Connections ---- */

/* A connection that is shut down is closed by the library when it reads the end. */
static void end_late_clients(struct listener *l)
{
    int64_t now = clock_mono_ms(&clock_system);
    for (int fd = 0; (fd = clients_next_late(&l->clients, now)) >= 0;) {
        (void)shutdown(fd, SHUT_RDWR);
    }
}

static void on_connection(void *ctx, struct MHD_Connection *c, void **mine UNUSED,
                          enum MHD_ConnectionNotificationCode code)
{
    struct listener *l = ctx;
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    /* copied: fd_of() overwrites what `from` points to */
    const struct sockaddr *address = from != NULL ? from->client_addr : NULL;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        clients_remove(&l->clients, fd_of(c));
    } else if (address != NULL) {
        clients_add(&l->clients, fd_of(c), address, clock_mono_ms(&clock_system));
        end_late_clients(l);
    }
}

static void on_answered(void *ctx, struct MHD_Connection *c, void **mine UNUSED,
                        enum MHD_RequestTerminationCode code UNUSED)
{
    struct listener *l = ctx;
    clients_answered(&l->clients, fd_of(c), clock_mono_ms(&clock_system));
}

/* ---- Life cycle ---- */

static void tick(struct listener *l)
{
    int64_t now = clock_mono_ms(&clock_system);
    if (l->settings.tick != NULL && now - l->ticked_ms >= LOOK_MS) {
        l->ticked_ms = now;
        l->settings.tick(l->settings.ctx);
    }
}

static void *listener_run(void *arg)
{
    struct listener *l = arg;
    while (!atomic_load(&l->stopping)) {
        (void)MHD_run_wait(l->daemon, LOOK_MS);
        end_late_clients(l);
        tick(l);
    }
    return NULL;
}

struct listener *listener_new(const struct listener_settings *s, struct err *e)
{
    int fd = s->address[0] == '/' ? unix_socket_listen(s->address, s->group, e)
                                  : make_socket(s->address, e);
    if (fd < 0) {
        return NULL;
    }
    struct listener *l = mem_zeros(1, sizeof(*l));
    l->settings = *s;
    atomic_store(&l->page_bytes, s->page_bytes);
    l->fd = fd;
    union address at = address_of(fd);
    l->port = port_of(&at);
    l->checks_host = is_loopback(&at) || (at.any.sa_family != AF_UNIX && s->hosts != NULL);
    if (gethostname(l->machine, sizeof(l->machine)) != 0) {
        l->machine[0] = '\0';
    }
    l->machine[sizeof(l->machine) - 1] = '\0';
    clients_init(&l->clients);
    /* epoll(7): descriptors of the worker may exceed the range of select(2) */
    l->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, l, MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
        MHD_OPTION_NOTIFY_COMPLETED, on_answered, l, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)LISTENER_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)LISTENER_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LISTENER_HEAD_BYTES,
        MHD_OPTION_END);
    if (l->daemon == NULL) {
        (void)close(fd);
        free(l);
        (void)err_set(e, FAIL_CONFIG, "cannot serve %s", s->address);
        return NULL;
    }
    thread_start(&l->thread, "listener", listener_run, l);
    return l;
}

void listener_set_page_bytes(struct listener *l, size_t page_bytes)
{
    atomic_store(&l->page_bytes, page_bytes);
}

void listener_free(struct listener *l)
{
    if (l == NULL) {
        return;
    }
    atomic_store(&l->stopping, true);
    (void)shutdown(l->fd, SHUT_RD); /* ends the thread's wait */
    thread_join(l->thread);
    MHD_stop_daemon(l->daemon);
    if (l->settings.address[0] == '/') {
        unix_socket_remove(l->settings.address);
    }
    free(l);
}

int listener_port(const struct listener *l)
{
    return l->port;
}
