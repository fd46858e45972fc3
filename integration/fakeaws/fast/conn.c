/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MAX_REQUEST_BYTES = 2 << 20,
    MAX_ANSWER_BYTES = 16 << 20,
    READ_BYTES = 16 << 10,
    INLINE_BYTES = 64 << 10, /* larger bodies are not copied after the header into one write */
    TLS_PIECE_BYTES = 1 << 20,
};

struct conn *conn_new(int fd, SSL_CTX *tls)
{
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL) {
        abort();
    }
    c->fd = fd;
    c->in.max = MAX_REQUEST_BYTES;
    c->out.max = MAX_ANSWER_BYTES;
    if (tls != NULL) {
        c->tls = SSL_new(tls);
        SSL_set_fd(c->tls, fd);
        SSL_set_accept_state(c->tls);
    }
    return c;
}

void conn_free(struct conn *c)
{
    if (c->self != NULL) {
        *c->self = c->next;
        if (c->next != NULL) {
            c->next->self = c->self;
        }
    }
    SSL_free(c->tls);
    close(c->fd);
    buf_done(&c->in);
    buf_done(&c->out);
    free(c);
}

/* Number of bytes; 0: not possible now; -1: the end. */
static ssize_t tls_result(struct conn *c, int n)
{
    if (n > 0) {
        return n;
    }
    int why = SSL_get_error(c->tls, n);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t plain_result(ssize_t n)
{
    if (n > 0) {
        return n;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

bool conn_read(struct conn *c)
{
    for (;;) {
        char *room = buf_room(&c->in, READ_BYTES);
        if (room == NULL) {
            return false;
        }
        ssize_t n = c->tls != NULL ? tls_result(c, SSL_read(c->tls, room, READ_BYTES))
                                   : plain_result(recv(c->fd, room, READ_BYTES, 0));
        if (n <= 0) {
            return n == 0;
        }
        c->in.n += (size_t)n;
        if (c->tls == NULL && n < READ_BYTES) {
            return true;
        }
    }
}

static ssize_t bytes_write(struct conn *c, const char *p, size_t n)
{
    if (c->tls != NULL) {
        return tls_result(c,
                          SSL_write(c->tls, p, (int)(n > TLS_PIECE_BYTES ? TLS_PIECE_BYTES : n)));
    }
    return plain_result(send(c->fd, p, n, MSG_NOSIGNAL));
}

static ssize_t body_write(struct conn *c, const struct store *s)
{
    uint64_t left = c->body.end - c->body.at;
    uint64_t from = c->body.object->offset + c->body.at;
    if (c->tls != NULL) {
        return bytes_write(c, s->data + from, left);
    }
    off_t offset = (off_t)from;
    return plain_result(sendfile(c->fd, s->data_fd, &offset, left));
}

static void body_inline(struct conn *c, const struct store *s)
{
    if (c->body.object != NULL && c->body.end - c->body.at <= INLINE_BYTES) {
        buf_add(&c->out, (struct span){s->data + c->body.object->offset + c->body.at,
                                       c->body.end - c->body.at});
        c->body.object = NULL;
    }
}

bool conn_write(struct conn *c, const struct store *s)
{
    if (c->out_at == 0) {
        body_inline(c, s);
    }
    while (c->out_at < c->out.n) {
        ssize_t n = bytes_write(c, c->out.p + c->out_at, c->out.n - c->out_at);
        if (n <= 0) {
            return n == 0;
        }
        c->out_at += (size_t)n;
    }
    while (c->body.object != NULL) {
        ssize_t n = body_write(c, s);
        if (n <= 0) {
            return n == 0;
        }
        c->body.at += (uint64_t)n;
        if (c->body.at == c->body.end) {
            c->body.object = NULL;
        }
    }
    buf_clear(&c->out);
    c->out_at = 0;
    return !c->close_after;
}

bool conn_written(const struct conn *c)
{
    return c->out.n == 0 && c->body.object == NULL;
}
