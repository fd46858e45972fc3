/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_priv.h - an answer while it arrives: what net/http.c tells curl's callbacks to do,
 * without curl. Bounds the head and kept bodies, hands good bodies to the sink, runs the
 * clock of idleness. Threads: one at a time.
 */
#ifndef NET_HTTP_PRIV_H
#define NET_HTTP_PRIV_H

#include "net/http.h"
#include "net/patience.h"

struct arrival {
    struct http_answer *answer;
    const struct http_sink *sink;
    size_t head_bytes; /* of all heads, also of 1xx */
    bool head_too_long;
    bool head_whole; /* its empty line was there */
    bool body_cut;
    enum err_kind refused; /* what the sink returned, with refused_err */
    struct err refused_err;
    struct patience patience; /* runs if there is a sink */
};

void arrival_begin(struct arrival *v, const struct http_request *r, struct http_answer *a);

/* One line of a head, with its end; bytes of a body. False: the transfer must end. */
MUST_USE bool arrival_header(struct arrival *v, struct span line);
MUST_USE bool arrival_body(struct arrival *v, struct span bytes);

/* Why there is no use in waiting longer; NULL: wait. */
const char *arrival_impatient(struct arrival *v);

/* The connection says that this was all: FAIL_NONE, or FAIL_AGAIN if it cannot have been. */
MUST_USE enum err_kind arrival_end(const struct arrival *v, struct err *e);

#endif
