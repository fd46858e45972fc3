/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multi_loop.c - curl reports its sockets and its next timeout by callbacks; epoll waits for them.
 */
#include "net/multi_loop.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS = 64 };

struct multi_loop {
    CURLM *multi;
    int epoll;
    int wakeup;     /* an eventfd */
    int64_t due_ms; /* of curl's next timeout, monotonic; -1: none */
};

static void abort_unless(bool good)
{
    if (!good) {
        abort();
    }
}

/* A closed socket has already left the epoll, and its number may belong to another socket. */
static int on_socket(CURL *easy UNUSED, curl_socket_t fd, int what, void *ctx, void *known UNUSED)
{
    struct multi_loop *l = ctx;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    struct epoll_event want = {.data.fd = fd};
    want.events =
        ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &want) != 0) {
        abort_unless(epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &want) == 0);
    }
    return 0;
}

static int on_timer(CURLM *multi UNUSED, long timeout_ms, void *ctx)
{
    struct multi_loop *l = ctx;
    l->due_ms = timeout_ms < 0 ? -1 : clock_mono_ms(&clock_system) + timeout_ms;
    return 0;
}

struct multi_loop *multi_loop_new(void)
{
    struct multi_loop *l = mem_zeros(1, sizeof(*l));
    l->due_ms = -1;
    l->multi = curl_multi_init();
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    abort_unless(l->multi != NULL && l->epoll >= 0 && l->wakeup >= 0);
    struct epoll_event want = {.events = EPOLLIN, .data.fd = l->wakeup};
    abort_unless(epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wakeup, &want) == 0);
    abort_unless(curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
                 curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l) == CURLM_OK &&
                 curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
                 curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l) == CURLM_OK);
    return l;
}

void multi_loop_free(struct multi_loop *l)
{
    if (l == NULL) {
        return;
    }
    (void)curl_multi_cleanup(l->multi);
    (void)close(l->epoll);
    (void)close(l->wakeup);
    free(l);
}

void multi_loop_add(struct multi_loop *l, void *easy)
{
    abort_unless(curl_multi_add_handle(l->multi, easy) == CURLM_OK);
}

void multi_loop_remove(struct multi_loop *l, void *easy)
{
    (void)curl_multi_remove_handle(l->multi, easy);
}

static void act(struct multi_loop *l, curl_socket_t fd, int what)
{
    int running = 0;
    abort_unless(curl_multi_socket_action(l->multi, fd, what, &running) == CURLM_OK);
}

/* How long to wait: until curl's timeout, and at most timeout_ms. */
static int wait_ms(const struct multi_loop *l, int timeout_ms)
{
    int64_t left = l->due_ms < 0 ? timeout_ms : l->due_ms - clock_mono_ms(&clock_system);
    left = left > 0 ? left : 0;
    return left < timeout_ms ? (int)left : timeout_ms;
}

static void on_event(struct multi_loop *l, const struct epoll_event *e)
{
    eventfd_t ignored = 0;
    if (e->data.fd == l->wakeup) {
        (void)eventfd_read(l->wakeup, &ignored);
        return;
    }
    act(l, e->data.fd,
        ((e->events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
            ((e->events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
            ((e->events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
}

void multi_loop_step(struct multi_loop *l, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(l->epoll, events, EVENTS, wait_ms(l, timeout_ms));
    abort_unless(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        on_event(l, &events[i]);
    }
    if (l->due_ms >= 0 && l->due_ms <= clock_mono_ms(&clock_system)) {
        l->due_ms = -1; /* curl sets the next one */
        act(l, CURL_SOCKET_TIMEOUT, 0);
    }
}

void *multi_loop_done(struct multi_loop *l, int *code)
{
    int queued = 0;
    for (CURLMsg *m; (m = curl_multi_info_read(l->multi, &queued)) != NULL;) {
        if (m->msg == CURLMSG_DONE) {
            CURL *easy = m->easy_handle;
            *code = (int)m->data.result;
            multi_loop_remove(l, easy);
            return easy;
        }
    }
    return NULL;
}

void multi_loop_wake(struct multi_loop *l)
{
    (void)eventfd_write(l->wakeup, 1);
}
