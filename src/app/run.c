/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c - the worker as a process: configuration, signals, start and shutdown.
 *
 * SIGTERM and SIGINT start an orderly shutdown, and a second one ends the process immediately.
 * Nothing is lost then, since only acknowledged messages are deleted. SIGHUP reads the
 * configuration again, in the main thread; one that arrives during the start waits for its end. All
 * other threads have the signals blocked. One of them is the start, which may wait long for AWS and
 * Kafka. Shortly after the grace period the process ends in any case: librdkafka waits for its
 * threads, which may be resolving a host name.
 */
#include "app/app.h"

#include "app/harden.h"
#include "app/options.h"
#include "app/print.h"
#include "app/watch.h"
#include "base/clock.h"
#include "base/commit.h"
#include "base/lock.h"
#include "base/log.h"
#include "event/normalize.h"
#include "net/http.h"
#include "net/systemd.h"
#include "worker/worker.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_AT_ONCE = 3 };

enum { LATE_MS = 4000 }; /* after the grace period: for calls to SQS and the rest */

static void on_second(int signal UNUSED)
{
    _exit(STATUS_AT_ONCE);
}

static void stop_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
}

/* SIGHUP stays blocked at the end: it never ends the process. */
static void all_signals(sigset_t *set)
{
    stop_signals(set);
    (void)sigaddset(set, SIGHUP);
}

/* Before any thread is created, since threads inherit the mask. */
static void signals_block(void)
{
    sigset_t set;
    all_signals(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* From now on a signal ends the process immediately. */
static void signals_end_at_once(void)
{
    sigset_t set;
    struct sigaction action = {.sa_handler = on_second};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    stop_signals(&set);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* The next signal; 0: none for wait_ms (0: wait for one however long). */
static int signal_wait(int wait_ms)
{
    sigset_t set;
    int number = 0;
    struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = (wait_ms % 1000) * 1000000L};
    all_signals(&set);
    do {
        number = wait_ms > 0 ? sigtimedwait(&set, NULL, &wait) : sigwaitinfo(&set, NULL);
    } while (number < 0 && errno != EAGAIN);
    return number > 0 ? number : 0;
}

static void tell_ready(const struct conf *c)
{
    (void)systemd_tell("READY=1\nSTATUS=running: %zu customers, %zu queues", c->customer_count,
                       c->queue_count);
}

/* The start as a thread, which may wait for AWS and Kafka, while main receives signals. */
struct start {
    struct worker *worker;
    pthread_t thread, main;
    struct {
        pthread_mutex_t lock;
        bool called_off;
        bool done;
        bool hangup; /* SIGHUP arrived before the end of the start */
    } shared;
};

static void *start_run(void *arg)
{
    struct start *s = arg;
    worker_precheck(s->worker);
    mutex_lock(&s->shared.lock);
    if (!s->shared.called_off) {
        worker_start(s->worker);
        s->shared.done = true;
        tell_ready(worker_conf(s->worker));
        if (s->shared.hangup) {
            (void)pthread_kill(s->main, SIGHUP);
        }
    }
    mutex_unlock(&s->shared.lock);
    return NULL;
}

static void start_begin(struct start *s, struct worker *w)
{
    *s = (struct start){.worker = w, .main = pthread_self()};
    mutex_init(&s->shared.lock);
    thread_start(&s->thread, "start", start_run, s);
}

/*
 * Call off the start, unless it has ended. False: it was called off, and the worker will not be
 * started.
 */
static bool start_end(struct start *s)
{
    mutex_lock(&s->shared.lock);
    s->shared.called_off = true;
    bool done = s->shared.done;
    mutex_unlock(&s->shared.lock);
    if (done) {
        thread_join(s->thread);
        mutex_done(&s->shared.lock);
    }
    return done;
}

static bool start_has_ended(struct start *s)
{
    mutex_lock(&s->shared.lock);
    bool done = s->shared.done;
    mutex_unlock(&s->shared.lock);
    return done;
}

/* Whether the worker runs. If not, its start repeats the signal at its end. */
static bool start_is_over(struct start *s)
{
    mutex_lock(&s->shared.lock);
    bool done = s->shared.done;
    s->shared.hangup = s->shared.hangup || !done;
    mutex_unlock(&s->shared.lock);
    return done;
}

static void reload(struct start *s, const char *path)
{
    if (!start_is_over(s)) {
        log_text(LOG_INFO, "the configuration is read again after the start");
        return;
    }
    (void)systemd_tell_reloading(clock_mono_ms(&clock_system) * 1000);
    app_reload(s->worker, path);
    tell_ready(worker_conf(s->worker));
}

/* Reload the configuration at each SIGHUP, until a signal to stop. */
static int serve_signals(struct start *s, const char *path)
{
    int watchdog_ms = systemd_watchdog_ms();
    int number = 0;
    while ((number = signal_wait(watchdog_ms)) == SIGHUP || number == 0) {
        if (number == SIGHUP) {
            reload(s, path);
        }
        if (watchdog_ms > 0 && (!start_has_ended(s) || !worker_is_stalled(s->worker))) {
            (void)systemd_tell("WATCHDOG=1");
        }
    }
    return number;
}

static void *end_late(void *arg)
{
    const struct timespec *grace = arg;
    (void)nanosleep(grace, NULL);
    log_write(
        LOG_WARN, "shutdown timed out in a library call",
        KV_STR("next",
               "the process exits; everything was settled before, or reappears in its queue"));
    _exit(STATUS_OK);
}

/* End the process after this time, even if a thread does not stop. */
static void end_within(int ms)
{
    static struct timespec grace;
    pthread_t thread;
    grace = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L};
    if (pthread_create(&thread, NULL, end_late, &grace) == 0) {
        (void)pthread_detach(thread);
    }
}

static int run_worker(const struct conf *conf, const char *path)
{
    struct err e = {.kind = FAIL_NONE};
    log_write(LOG_INFO, "starting", KV_STR("version", INGEST_VERSION),
              KV_STR("commit", ingest_commit), KV_INT("pid", getpid()),
              KV_INT("rules", INGEST_RULES));
    OWNED(worker) struct worker *w = worker_new(conf, &e);
    if (w == NULL) {
        log_write(LOG_ERROR, "cannot start", KV_ERR(&e),
                  KV_STR("next", "the process exits with status 1"));
        return STATUS_FAILED;
    }
    struct start start;
    (void)systemd_tell("STATUS=starting: asks AWS and Kafka");
    start_begin(&start, w);
    log_write(LOG_INFO, "signal received", KV_INT("number", serve_signals(&start, path)));
    (void)systemd_tell("STOPPING=1\nSTATUS=stopping");
    signals_end_at_once();
    if (!start_end(&start)) {
        log_text(LOG_INFO, "stopped before the start: nothing was received");
        _exit(STATUS_OK); /* a library waits for a response */
    }
    int grace_ms = worker_conf(w)->limits.shutdown_grace_ms;
    end_within(grace_ms + LATE_MS);
    if (!worker_stop(w, grace_ms)) {
        _exit(STATUS_OK); /* a thread did not stop: what it uses cannot be freed */
    }
    return STATUS_OK;
}

/*
 * Start the watch, read the configuration and run the worker. The order matters: a change after the
 * reading is seen by the watch.
 */
static int run_file(const char *path, bool watched, bool require_verified)
{
    struct err e = {.kind = FAIL_NONE};
    struct watch *watch = watched ? watch_start(path, pthread_self(), &e) : NULL;
    if (watched && watch == NULL) {
        print_line(stderr, "asymptote-ingest: --watch: %s", e.text);
        return STATUS_FAILED;
    }
    OWNED(conf) struct conf *conf = app_load_conf(path);
    int status = STATUS_FAILED;
    if (conf != NULL && require_verified && conf->verify.state_dir == NULL) {
        print_line(stderr, "asymptote-ingest: --require-verified needs verify.state_dir in the "
                           "configuration");
    } else if (conf != NULL) {
        conf->verify.required_by_option = require_verified;
        log_setup(conf->log.level, conf->log.format);
        status = run_worker(conf, path);
    }
    watch_stop(watch);
    return status;
}

int app_run(int argc, char **argv)
{
    const char *path = NULL;
    bool watched = false;
    bool require_verified = false;
    const struct option options[] = {
        {.name = "config",
         .letter = 'c',
         .value = "FILE",
         .text = "The configuration.",
         .to = &path},
        {.name = "watch",
         .text = "Read the configuration again when a file of customers.d/ beside it changes.",
         .flag = &watched},
        {.name = "require-verified",
         .text = "As verify.require_verified of the configuration, also after reloads.",
         .flag = &require_verified},
    };
    const struct usage usage = {
        "run", "",
        "Receive notifications, produce the events of the objects that they name to Kafka, and\n"
        "delete each notification when Kafka has acknowledged all of them. SIGTERM or SIGINT\n"
        "stops the worker within limits.shutdown_grace; a second signal ends the process\n"
        "immediately. No data is lost either way. SIGHUP reads the configuration again.",
        options, sizeof(options) / sizeof(options[0])};
    struct operands rest;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count > 0 || path == NULL) {
        return usage_wrong(&usage, "%s", path == NULL ? "needs -c FILE" : "takes no operand");
    }
    harden_process();
    signals_block();
    http_init();
    status = run_file(path, watched, require_verified);
    curl_global_cleanup();
    return status;
}
