/* SPDX-License-Identifier: Apache-2.0 */
#include "app/reach.h"

#include "app/app.h"
#include "app/print.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { URL_BYTES = 8192, CONNECT_MS = 5000, TOTAL_MS = 30000 };

/* The worker of a configuration. False: it serves nothing. */
static bool use_conf(struct reach *r)
{
    r->socket = r->conf->control.socket;
    r->host = r->socket != NULL ? "localhost" : r->conf->metrics.listen;
    return r->host != NULL;
}

bool reach_init(struct reach *r, const struct reach_options *o)
{
    *r = (struct reach){.socket = o->socket, .host = o->worker != NULL ? o->worker : "localhost"};
    (void)signal(SIGPIPE, SIG_IGN);
    http_init();
    r->http = http_new(NULL);
    if ((o->socket != NULL) + (o->worker != NULL) + (o->config != NULL) > 1) {
        print_line(stderr, "only one of --socket, --worker and --config");
        return false;
    }
    if (o->config != NULL) {
        r->conf = app_load_conf(o->config);
        if (r->conf != NULL && !use_conf(r)) {
            print_line(stderr, "%s: neither control.socket nor metrics.listen is set", o->config);
            return false;
        }
        return r->conf != NULL;
    }
    if (o->socket == NULL && o->worker == NULL) {
        r->socket = REACH_SOCKET;
        r->usual = true;
    }
    return true;
}

void reach_done(struct reach *r)
{
    http_free(r->http);
    conf_free(r->conf);
}

/* A worker that listens on all addresses is reached by loopback. */
static void add_host(const char *host, struct buf *out)
{
    const char *colon = strrchr(host, ':');
    struct span name = span_of(host, colon != NULL ? (size_t)(colon - host) : strlen(host));
    bool all = name.n == 0 || span_eq(name, SPAN("0.0.0.0")) || span_eq(name, SPAN("[::]"));
    buf_add(out, all ? SPAN("127.0.0.1") : name);
    buf_add(out, span_str(colon != NULL ? colon : ""));
}

/* Whether a process listens on the socket, by connecting to it; errno says why not. */
static bool is_listened_on(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return true; /* not known */
    }
    bool yes = connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 || errno == EAGAIN;
    int why = errno;
    (void)close(fd);
    errno = why;
    return yes;
}

enum err_kind reach_try(struct reach *r, const char *method, const char *target,
                        struct http_answer *a, struct err *e)
{
    struct buf url = BUF_INIT(URL_BYTES);
    buf_add(&url, SPAN("http://"));
    add_host(r->host, &url);
    buf_add(&url, span_str(target));
    struct http_request request = {.method = method,
                                   .url = buf_span(&url),
                                   .connect_timeout_ms = CONNECT_MS,
                                   .total_timeout_ms = TOTAL_MS,
                                   .allow_http = true,
                                   .no_proxy = true,
                                   .unix_socket = r->socket};
    http_answer_clear(a);
    enum err_kind kind = http_call(r->http, &request, a, e);
    if (kind != FAIL_NONE && r->socket != NULL && !is_listened_on(r->socket)) {
        int why = errno;
        err_clear(e); /* curl names a host and a port, which there are not */
        kind = err_set(e, FAIL_AGAIN, "no worker answers there: %s", strerrordesc_np(why));
    }
    buf_done(&url);
    return kind;
}

bool reach_call(struct reach *r, const char *method, const char *target, struct http_answer *a)
{
    struct err e = {.kind = FAIL_NONE};
    if (reach_try(r, method, target, a, &e) != FAIL_NONE) {
        if (r->usual) {
            print_line(stderr, "%s: %s; name one by -c FILE or --worker HOST:PORT", r->socket,
                       e.text);
            return false;
        }
        print_line(stderr, "%s: %s", r->socket != NULL ? r->socket : r->host, e.text);
        return false;
    }
    return true;
}

void reach_say_refused(const char *command, const struct http_answer *a)
{
    struct span text = buf_span(&a->body);
    while (text.n != 0 && text.p[text.n - 1] == '\n') {
        text.n--;
    }
    print_line(stderr, "asymptote-ingest %s: %.*s (HTTP %d)", command, SPAN_FMT(text), a->status);
}
