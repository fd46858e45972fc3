/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach.h - requests of a command to the running worker: over its control socket, or its HTTP port.
 *
 *     struct reach r;
 *     if (!reach_init(&r, &(struct reach_options){.socket = socket, .worker = worker, .config =
 * c})) return 1;                                   // the reason was printed if (reach_call(&r,
 * "GET", "/status.txt", &answer)) ... answer.status, answer.body ... reach_done(&r);
 *
 * Without an option it is the socket of the packaged configuration. Threads: one at a time.
 */
#ifndef APP_REACH_H
#define APP_REACH_H

#include "app/options.h"
#include "conf/conf.h"
#include "net/http.h"

#define REACH_SOCKET "/run/asymptote-ingest/control.sock"

struct reach_options {
    const char *socket; /* path */
    const char *worker; /* HOST:PORT */
    const char *config; /* FILE: its control.socket, else its metrics.listen */
};

/* Their rows for the table of a command. */
#define REACH_OPTION_SOCKET(r)                                                                     \
    {                                                                                              \
        .name = "socket", .value = "PATH",                                                         \
        .text =                                                                                    \
            "The worker's control socket; " REACH_SOCKET " if no other option names a worker.",    \
        .to = &(r).socket                                                                          \
    }
#define REACH_OPTION_WORKER(r)                                                                     \
    {                                                                                              \
        .name = "worker", .value = "HOST:PORT",                                                    \
        .text = "The worker's metrics.listen, instead of a socket.", .to = &(r).worker             \
    }
#define REACH_OPTION_CONFIG(r)                                                                     \
    {                                                                                              \
        .name = "config", .letter = 'c', .value = "FILE",                                          \
        .text = "The worker of this configuration.", .to = &(r).config                             \
    }

struct reach {
    struct http *http;
    struct conf *conf;
    const char *socket; /* NULL: over HTTP */
    const char *host;   /* HOST:PORT; "localhost" of a socket */
    bool usual;         /* no option named a worker */
};

/* False: the reason was printed. reach_done is called in both cases. */
MUST_USE bool reach_init(struct reach *r, const struct reach_options *o);
void reach_done(struct reach *r);

/* False: there is no answer, and the reason was printed. `target` has escaped parameters. */
MUST_USE bool reach_call(struct reach *r, const char *method, const char *target,
                         struct http_answer *a);

/* The same without printing: *e has the reason. */
MUST_USE enum err_kind reach_try(struct reach *r, const char *method, const char *target,
                                 struct http_answer *a, struct err *e);

/* Print an answer that is not 200. */
void reach_say_refused(const char *command, const struct http_answer *a);

#endif
