/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"
#include "codec/url.h"
#include "s3_priv.h"

#include <stdlib.h>

enum { TOKEN_BYTES = 8 * 1024, QUERY_BYTES = 40 * 1024 };

struct s3_list {
    struct s3 *s;
    const struct s3_object *where;
    struct creds_source *creds;
    struct buf start_after;
    struct buf token; /* of the next page; "" for the first */
    struct http_answer answer;
    struct s3_page page;
    bool last;     /* there is no further page */
    bool one_only; /* one key per page */
};

struct s3_list *s3_list_new(struct s3 *s, const struct s3_object *where, struct creds_source *creds,
                            struct span start_after)
{
    struct s3_list *l = mem_zeros(1, sizeof(*l));
    *l = (struct s3_list){.s = s,
                          .where = where,
                          .creds = creds,
                          .start_after = BUF_INIT(TOKEN_BYTES),
                          .token = BUF_INIT(TOKEN_BYTES)};
    http_answer_init(&l->answer, XML_MAX_BYTES);
    buf_add(&l->start_after, start_after);
    return l;
}

void s3_list_free(struct s3_list *l)
{
    if (l == NULL) {
        return;
    }
    s3_page_close(&l->page);
    http_answer_done(&l->answer);
    buf_done(&l->start_after);
    buf_done(&l->token);
    free(l);
}

static void add_param(struct buf *query, const char *name, struct span value)
{
    buf_addf(query, "&%s=", name);
    url_encode(query, value);
}

static void build_query(struct s3_list *l, struct buf *query)
{
    buf_add(query, SPAN("list-type=2&encoding-type=url"));
    buf_add(query, l->one_only ? SPAN("&max-keys=1") : SPAN(""));
    if (l->where->key.n > 0) {
        add_param(query, "prefix", l->where->key);
    }
    if (l->token.n > 0) {
        add_param(query, "continuation-token", buf_span(&l->token));
    } else if (l->start_after.n > 0) {
        add_param(query, "start-after", buf_span(&l->start_after));
    }
}

static enum err_kind open_page(struct s3_list *l, struct err *e)
{
    if (l->answer.body.overflowed) {
        return err_set(e, FAIL_LIMIT, "s3: a page of the list is longer than %d bytes",
                       XML_MAX_BYTES);
    }
    enum err_kind kind = s3_page_open(&l->page, buf_span(&l->answer.body), e);
    if (kind != FAIL_NONE) {
        return err_set(e, FAIL_AGAIN, "s3: the list cannot be read");
    }
    l->last = l->page.token.n == 0;
    if (!l->last && span_eq(l->page.token, buf_span(&l->token))) {
        return err_set(e, FAIL_AGAIN, "s3: the list does not go on");
    }
    buf_clear(&l->token);
    buf_add(&l->token, l->page.token);
    return l->token.overflowed ? err_set(e, FAIL_LIMIT, "s3: the token of the list is too long")
                               : FAIL_NONE;
}

static enum err_kind next_page(struct s3_list *l, struct err *e)
{
    struct fault f;
    struct buf query = BUF_INIT(QUERY_BYTES);
    s3_page_close(&l->page);
    build_query(l, &query);
    struct s3_call c = {.method = "GET",
                        .object = l->where,
                        .query = buf_span(&query),
                        .creds = l->creds,
                        .answer = &l->answer};
    enum err_kind kind = query.overflowed || l->start_after.overflowed
                             ? err_set(e, FAIL_LIMIT, "s3: the request to list is too long")
                             : s3_object_check(l->where, e);
    if (kind == FAIL_NONE) {
        kind = s3_send(l->s, &c, &f, e);
    }
    buf_done(&query);
    return kind == FAIL_NONE ? open_page(l, e) : kind;
}

bool s3_list_next(struct s3_list *l, struct s3_entry *out, struct err *e)
{
    err_clear(e);
    while (!s3_page_next(&l->page, out)) {
        if (l->last || next_page(l, e) != FAIL_NONE) {
            return false;
        }
    }
    return true;
}

/* List the first key that begins with this key. If the key exists, it is the first. */
static enum err_kind look_at_first(struct s3_list *l, bool *found, struct err *e)
{
    struct s3_entry first;
    *found = false;
    if (!s3_page_next(&l->page, &first)) {
        return l->last ? FAIL_NONE : err_set(e, FAIL_AGAIN, "s3: the list does not say");
    }
    if (!span_starts(first.key, l->where->key)) {
        return err_set(e, FAIL_AGAIN, "s3: the list is of other keys");
    }
    *found = first.key.n == l->where->key.n;
    return FAIL_NONE;
}

enum err_kind s3_find(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                      bool *found, struct err *e)
{
    OWNED(s3_list) struct s3_list *l = s3_list_new(s, o, creds, SPAN(""));
    l->one_only = true;
    enum err_kind kind = next_page(l, e);
    return kind == FAIL_NONE ? look_at_first(l, found, e) : kind;
}
