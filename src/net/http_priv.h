/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_priv.h - a response while it arrives: the part of net/http.c's callbacks that does not
 * depend on curl. Limits the head and stored bodies, passes 2xx bodies to the sink, and runs struct
 * patience. Threads: one at a time.
 */
#ifndef NET_HTTP_PRIV_H
#define NET_HTTP_PRIV_H

#include "net/http.h"
#include "net/patience.h"

struct arrival {
    struct http_answer *answer;
    const struct http_sink *sink;
    const struct http_hold *hold;
    const struct http_watch *watch;
    size_t head_bytes; /* of all heads, including 1xx */
    bool head_too_long;
    bool head_whole; /* its empty line has arrived */
    bool body_cut;
    enum err_kind refused; /* the kind of the sink or the watch, with refused_err */
    struct err refused_err;
    struct patience patience; /* used if there is a sink */
};

void arrival_begin(struct arrival *v, const struct http_request *r, struct http_answer *a);

/* One line of a head with its line end, or bytes of a body. False: the transfer must end. */
MUST_USE bool arrival_header(struct arrival *v, struct span line);
MUST_USE bool arrival_body(struct arrival *v, struct span bytes);

/* Whether these bytes of a body must wait (http_hold). */
MUST_USE bool arrival_holds(const struct arrival *v, struct span bytes);

/* The reason to end a wait; NULL: continue. */
const char *arrival_impatient(struct arrival *v);

/* False: the watch has ended the transfer. */
MUST_USE bool arrival_is_wanted(struct arrival *v);

/* At the end of the transfer: FAIL_NONE, or FAIL_AGAIN if the response cannot be complete. */
MUST_USE enum err_kind arrival_end(const struct arrival *v, struct err *e);

#endif
