/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.c - inotify(7) on customers.d, and on the folder that contains it, where it may be created
 * or replaced.
 */
#include "app/watch.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define FOLDER "customers.d"

enum {
    EVENTS_BYTES = 16 * 1024,
    PATH_BYTES = 8192,
    ENTRIES = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE,
    PARENT = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE,
};

struct watch {
    pthread_t thread, receiver;
    char *parent, *folder;
    int events, stop; /* inotify, eventfd */
    int of_folder;    /* -1: there is no such folder */
    struct watch_changes changes;
};

/* ---- Which changes, and when ---- */

void watch_changed(struct watch_changes *c, int64_t now_ms)
{
    if (c->count++ == 0) {
        c->first_ms = now_ms;
    }
    c->last_ms = now_ms;
}

int watch_wait_ms(const struct watch_changes *c, int64_t now_ms)
{
    if (c->count == 0) {
        return -1;
    }
    int64_t quiet = c->last_ms + WATCH_QUIET_MS;
    int64_t most = c->first_ms + WATCH_MOST_MS;
    int64_t due = quiet < most ? quiet : most;
    return due > now_ms ? (int)(due - now_ms) : 0;
}

/* "..data" is the link that Kubernetes replaces when it changes the files of a ConfigMap. */
bool watch_is_entry(const char *name)
{
    static const char suffix[] = ".conf";
    size_t n = strlen(name);
    size_t m = sizeof(suffix) - 1;
    return strcmp(name, "..data") == 0 ||
           (name[0] != '.' && n > m && strcmp(name + n - m, suffix) == 0);
}

/* ---- inotify ---- */

static void watch_folder(struct watch *w)
{
    w->of_folder = inotify_add_watch(w->events, w->folder, ENTRIES | IN_ONLYDIR);
}

/* Of the folder that contains customers.d only that name matters. */
static void note_event(struct watch *w, const struct inotify_event *e, int64_t now)
{
    const char *name = e->len != 0 ? e->name : "";
    if ((e->mask & IN_Q_OVERFLOW) != 0) {
        watch_changed(&w->changes, now); /* events were lost: any file may have changed */
    } else if (e->wd == w->of_folder) {
        if (watch_is_entry(name)) {
            watch_changed(&w->changes, now);
        }
    } else if (strcmp(name, FOLDER) == 0) {
        watch_folder(w);
        watch_changed(&w->changes, now);
    }
}

static void read_events(struct watch *w)
{
    _Alignas(struct inotify_event) char events[EVENTS_BYTES];
    ssize_t n = read(w->events, events, sizeof(events));
    int64_t now = clock_mono_ms(&clock_system);
    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *e = (const void *)(events + at);
        note_event(w, e, now);
        at += (ssize_t)(sizeof(*e) + e->len);
    }
}

static void send_changes(struct watch *w)
{
    log_write(LOG_INFO, "customers.d has changed", KV_STR("folder", w->folder),
              KV_INT("changes", w->changes.count),
              KV_STR("next", "the configuration is read again, as by SIGHUP"));
    w->changes = (struct watch_changes){.count = 0};
    (void)pthread_kill(w->receiver, SIGHUP);
}

static void *watch_run(void *arg)
{
    struct watch *w = arg;
    struct pollfd fds[] = {{.fd = w->events, .events = POLLIN}, {.fd = w->stop, .events = POLLIN}};
    while (fds[1].revents == 0) {
        int wait_ms = watch_wait_ms(&w->changes, clock_mono_ms(&clock_system));
        if (wait_ms == 0) {
            send_changes(w);
            continue;
        }
        if (poll(fds, 2, wait_ms) > 0 && fds[0].revents != 0) {
            read_events(w);
        }
    }
    return NULL;
}

/* ---- Life cycle ---- */

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? mem_text_of(span_of(path, (size_t)(slash - path) + 1)) : mem_text("./");
}

static void watch_free(struct watch *w)
{
    if (w->events >= 0) {
        (void)close(w->events);
    }
    if (w->stop >= 0) {
        (void)close(w->stop);
    }
    free(w->parent);
    free(w->folder);
    free(w);
}

struct watch *watch_start(const char *conf_path, pthread_t receiver, struct err *e)
{
    struct watch *w = mem_zeros(1, sizeof(*w));
    struct buf folder = BUF_INIT(PATH_BYTES);
    w->receiver = receiver;
    w->parent = folder_of(conf_path);
    buf_addf(&folder, "%s" FOLDER, w->parent);
    w->folder = mem_text_of(buf_span(&folder));
    buf_done(&folder);
    w->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    w->stop = eventfd(0, EFD_CLOEXEC);
    if (w->events < 0 || w->stop < 0 ||
        inotify_add_watch(w->events, w->parent, PARENT | IN_ONLYDIR) < 0) {
        (void)err_set(e, FAIL_CONFIG, "%s cannot be watched: %s", w->folder,
                      strerrordesc_np(errno));
        watch_free(w);
        return NULL;
    }
    watch_folder(w);
    thread_start(&w->thread, "watch", watch_run, w);
    return w;
}

void watch_stop(struct watch *w)
{
    if (w == NULL) {
        return;
    }
    (void)eventfd_write(w->stop, 1);
    thread_join(w->thread);
    watch_free(w);
}
