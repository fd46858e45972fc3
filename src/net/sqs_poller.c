/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One loop drives the polls of all queues. The poll of a queue keeps its handle, and so its
 * connection, from one poll to the next. Handles of further polls at the same time pass from queue
 * to queue, so that there are as many as were in progress at once. For each source of credentials
 * that must be fetched, a thread of its own waits, so that a slow source does not delay the
 * messages of other queues. A poll with an error that could be corrected (clock, credentials) is
 * sent again. Other errors are returned, and the caller decides when to poll again.
 *
 * A response may have ten messages of 1 MiB, and the owner of a queue decides about that. So the
 * memory of large responses exists once: the first one that becomes large goes on, and the others
 * are paused, in their order.
 */
#include "base/alloc.h"
#include "base/text_index.h"
#include "net/creds_fetcher.h"
#include "net/multi_loop.h"
#include "sqs_priv.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { POLL_CONNECT_MS = 5000, POLL_EXTRA_MS = 15000, MS_PER_S = 1000 };

/* A poll, reused for the next one of its queue; an extra one for that of any queue. */
struct poll {
    struct poll *all;    /* next in the list of all polls */
    struct poll *extras; /* next in the list of extra polls */
    struct poll *failed; /* next in the list of polls that could not be started */
    struct poll *paused; /* next in the list of paused polls */
    struct sqs_poller *poller;
    struct http_hold hold;
    struct sqs_queue *queue;
    void *tag;
    bool under_way;
    bool is_paused;
    struct creds_fetcher *fetcher; /* of the credentials that it waits for; else NULL */
    struct http *http;
    CURL *easy; /* of http, while it is in the loop; else NULL */
    struct signer signer;
    struct signed_try attempt; /* initialised while under_way */
    struct http_header headers[SQS_HEADERS];
    struct http_request request, sent;
    struct buf body;
    struct http_answer answer;
    struct err err; /* why it could not be started */
};

/* A source of credentials that had to be fetched once. */
struct waited_source {
    struct waited_source *next;
    struct creds_source *creds;
    struct creds_fetcher *fetcher;
};

struct sqs_poller {
    struct multi_loop *loop;
    struct waited_source *sources;
    struct poll *all, *extras;
    struct poll **own; /* by queue */
    size_t own_count;
    struct text_index own_numbers; /* by the bytes of the queue's address */
    size_t waiting;                /* polls that wait for credentials */
    struct poll *failed;           /* could not be started; returned by sqs_poller_next */
    struct poll *large;            /* the one with a large response */
    struct poll *paused;           /* those that wait to be it, the first one first */
    atomic_bool woken;
};

struct sqs_poller *sqs_poller_new(void)
{
    struct sqs_poller *p = mem_zeros(1, sizeof(*p));
    struct http *first = http_new_for_multi(NULL); /* initialises curl */
    p->loop = multi_loop_new();
    http_free(first);
    atomic_init(&p->woken, false);
    return p;
}

/* ---- Large responses ---- */

static bool may_be_large(void *ctx)
{
    struct poll *poll = ctx;
    struct sqs_poller *p = poll->poller;
    if (p->large == NULL) {
        p->large = poll;
    }
    if (p->large == poll) {
        return true;
    }
    if (!poll->is_paused) {
        struct poll **end = &p->paused;
        while (*end != NULL) {
            end = &(*end)->paused;
        }
        *end = poll;
        poll->paused = NULL;
        poll->is_paused = true;
    }
    return false;
}

/* The poll has ended: it is not paused any more, and if it was the large one, another one is. */
static void leave_large(struct sqs_poller *p, struct poll *poll)
{
    for (struct poll **at = &p->paused; poll->is_paused; at = &(*at)->paused) {
        if (*at == poll) {
            *at = poll->paused;
            poll->is_paused = false;
            break;
        }
    }
    if (p->large != poll) {
        return;
    }
    struct poll *next = p->paused;
    p->large = next;
    if (next != NULL) {
        p->paused = next->paused;
        next->is_paused = false;
        http_resume(next->http);
    }
}

/* ---- One poll ---- */

static void set_queue(struct poll *poll, struct sqs_queue *q)
{
    sigv4_cache_wipe(&poll->signer.cache);
    poll->queue = q;
    poll->signer = sqs_signer(q);
    poll->signer.at_hand = true;
}

static struct poll *poll_new(struct sqs_poller *p, struct sqs_queue *q, bool extra)
{
    struct poll *poll = mem_zeros(1, sizeof(*poll));
    poll->poller = p;
    poll->hold = (struct http_hold){poll, SQS_USUAL_ANSWER_BYTES, may_be_large};
    poll->http = http_new_for_multi(NULL);
    set_queue(poll, q);
    poll->body = (struct buf)BUF_INIT(SQS_REQUEST_BYTES);
    http_answer_init(&poll->answer, SQS_ANSWER_BYTES);
    sqs_headers(poll->headers, "AmazonSQS.ReceiveMessage");
    poll->all = p->all;
    p->all = poll;
    if (extra) {
        poll->extras = p->extras;
        p->extras = poll;
    }
    return poll;
}

static struct span address_of(struct sqs_queue *const *queue)
{
    return span_of((const char *)queue, sizeof(void *));
}

/* The poll of a queue that is not an extra one. There are as many as queues. */
static struct poll *own_poll(struct sqs_poller *p, struct sqs_queue *q)
{
    size_t number = text_index_find(&p->own_numbers, address_of(&q));
    if (number != TEXT_INDEX_NONE) {
        return p->own[number];
    }
    struct poll *poll = poll_new(p, q, false);
    p->own = mem_grow(p->own, p->own_count + 1, sizeof(struct poll *));
    p->own[p->own_count] = poll;
    text_index_add(&p->own_numbers, address_of(&poll->queue), p->own_count++);
    return poll;
}

/* An extra poll that is not in progress, of this queue if there is one; NULL: none. */
static struct poll *find_extra(const struct sqs_poller *p, const struct sqs_queue *q)
{
    struct poll *found = NULL;
    for (struct poll *poll = p->extras; poll != NULL; poll = poll->extras) {
        if (!poll->under_way && (found == NULL || poll->queue == q)) {
            found = poll;
        }
    }
    return found;
}

static struct poll *find_poll(struct sqs_poller *p, struct sqs_queue *q)
{
    struct poll *own = own_poll(p, q);
    if (!own->under_way) {
        return own;
    }
    struct poll *extra = find_extra(p, q);
    if (extra == NULL) {
        return poll_new(p, q, true);
    }
    if (extra->queue != q) {
        set_queue(extra, q);
    }
    return extra;
}

static void wake_loop(void *ctx)
{
    multi_loop_wake(ctx);
}

/* Have the credentials fetched, unless a fetch is in progress. */
static struct creds_fetcher *fetch_creds(struct sqs_poller *p, struct creds_source *creds)
{
    struct waited_source *s = p->sources;
    while (s != NULL && s->creds != creds) {
        s = s->next;
    }
    if (s == NULL) {
        s = mem_alloc(sizeof(*s));
        *s =
            (struct waited_source){p->sources, creds, creds_fetcher_new(creds, wake_loop, p->loop)};
        p->sources = s;
    }
    creds_fetcher_ask(s->fetcher);
    return s->fetcher;
}

/* Sign and send, or wait for credentials. False: it could not be started, for the reason in *e. */
static bool begin_poll(struct sqs_poller *p, struct poll *poll, struct err *e)
{
    struct signed_try *t = &poll->attempt;
    enum err_kind kind = signed_sign(t, &poll->signer, &poll->request, &poll->sent, e);
    if (t->creds_missing || t->creds_due) {
        struct creds_fetcher *fetcher = fetch_creds(p, poll->signer.creds);
        poll->fetcher = t->creds_missing ? fetcher : NULL;
    }
    if (poll->fetcher != NULL) {
        p->waiting++;
        err_clear(e);
        return true;
    }
    if (kind != FAIL_NONE) {
        return false;
    }
    poll->easy = http_begin(poll->http, &poll->sent, &poll->answer, e);
    if (poll->easy == NULL) {
        return false;
    }
    if (curl_easy_setopt(poll->easy, CURLOPT_PRIVATE, poll) != CURLE_OK) {
        abort();
    }
    multi_loop_add(p->loop, poll->easy);
    return true;
}

static void begin_or_fail(struct sqs_poller *p, struct poll *poll)
{
    if (!begin_poll(p, poll, &poll->err)) {
        poll->failed = p->failed;
        p->failed = poll;
    }
}

static void end_poll(struct poll *poll)
{
    poll->under_way = false;
    poll->fetcher = NULL;
    signed_try_done(&poll->attempt);
}

void sqs_poller_start(struct sqs_poller *p, struct sqs_queue *q, int max_messages, int wait_s,
                      int visibility_s, void *tag)
{
    struct sqs_receive receive = {max_messages, wait_s, visibility_s};
    struct poll *poll = find_poll(p, q);
    poll->under_way = true;
    poll->tag = tag;
    buf_clear(&poll->body);
    sqs_write_receive(&poll->body, q->url, &receive);
    poll->request = (struct http_request){
        .method = "POST",
        .url = buf_span(&q->endpoint),
        .headers = poll->headers,
        .header_count = SQS_HEADERS,
        .body = buf_span(&poll->body),
        .connect_timeout_ms = POLL_CONNECT_MS,
        .total_timeout_ms = wait_s * MS_PER_S + POLL_EXTRA_MS,
        .allow_http = q->settings->allow_http,
        .hold = &poll->hold,
    };
    signed_try_init(&poll->attempt);
    err_clear(&poll->err);
    begin_or_fail(p, poll);
}

/* Start polls whose credentials have arrived or failed. */
static void begin_waiting(struct sqs_poller *p)
{
    for (struct poll *poll = p->waiting != 0 ? p->all : NULL; poll != NULL; poll = poll->all) {
        if (poll->fetcher != NULL && !creds_fetcher_busy(poll->fetcher)) {
            poll->fetcher = NULL;
            p->waiting--;
            begin_or_fail(p, poll);
        }
    }
}

/* ---- The result of a poll ---- */

/* Set *out to the result. False: the poll was sent again. */
static bool settle_poll(struct sqs_poller *p, struct poll *poll, int code, struct sqs_polled *out)
{
    struct sqs_received got = {.count = 0};
    struct err *e = &out->err;
    enum err_kind kind = http_finish(poll->http, code, e);
    if (kind == FAIL_NONE) {
        switch (signed_judge(&poll->attempt, &poll->signer, &poll->answer, NULL, e)) {
        case SIGNED_AGAIN:
            if (begin_poll(p, poll, e)) {
                return false;
            }
            kind = e->kind;
            break;
        case SIGNED_BAD:
            kind = sqs_refine(e->kind, e->code, e->text);
            break;
        case SIGNED_GOOD:
            kind = sqs_read_receive(buf_span(&poll->answer.body), &got, e);
            break;
        }
    }
    e->kind = kind;
    memcpy(out->messages, got.messages, sizeof(got.messages));
    out->count = got.count;
    out->damaged = got.damaged;
    return true;
}

static void hand_out(struct sqs_poller *p, struct poll *poll, struct sqs_polled *out)
{
    end_poll(poll);
    out->queue = poll->queue;
    out->tag = poll->tag;
    if (poll->answer.body.cap > HTTP_HEAD_BYTES) {
        buf_done(&poll->answer.body); /* there are many queues, and large responses are rare */
    }
    leave_large(p, poll);
}

static bool next_failed(struct sqs_poller *p, struct sqs_polled *out)
{
    struct poll *poll = p->failed;
    if (poll == NULL) {
        return false;
    }
    p->failed = poll->failed;
    out->err = poll->err;
    hand_out(p, poll, out);
    return true;
}

static bool next_done(struct sqs_poller *p, struct sqs_polled *out)
{
    int code = 0;
    for (CURL *easy; (easy = multi_loop_done(p->loop, &code)) != NULL;) {
        struct poll *poll = NULL;
        if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &poll) != CURLE_OK) {
            abort();
        }
        poll->easy = NULL;
        if (settle_poll(p, poll, code, out)) {
            hand_out(p, poll, out);
            return true;
        }
    }
    return false;
}

bool sqs_poller_next(struct sqs_poller *p, int timeout_ms, struct sqs_polled *out)
{
    int64_t end_ms = clock_mono_ms(&clock_system) + timeout_ms;
    *out = (struct sqs_polled){.count = 0};
    for (;;) {
        begin_waiting(p);
        if (next_failed(p, out) || next_done(p, out)) {
            return true;
        }
        int64_t left = end_ms - clock_mono_ms(&clock_system);
        bool ends = atomic_exchange(&p->woken, false) || left <= 0;
        multi_loop_step(p->loop,
                        ends ? 0 : (int)left); /* the polls go on, however often it is woken */
        if (ends) {
            return next_failed(p, out) || next_done(p, out);
        }
    }
}

void sqs_poller_wake(struct sqs_poller *p)
{
    atomic_store(&p->woken, true);
    multi_loop_wake(p->loop);
}

void sqs_poller_free(struct sqs_poller *p)
{
    if (p == NULL) {
        return;
    }
    for (struct waited_source *s = p->sources; s != NULL;) {
        struct waited_source *next = s->next;
        creds_fetcher_free(s->fetcher);
        free(s);
        s = next;
    }
    for (struct poll *poll = p->all; poll != NULL;) {
        struct poll *next = poll->all;
        if (poll->easy != NULL) {
            multi_loop_remove(p->loop, poll->easy);
        }
        if (poll->under_way) {
            end_poll(poll);
        }
        sigv4_cache_wipe(&poll->signer.cache);
        http_answer_done(&poll->answer);
        buf_done(&poll->body);
        http_free(poll->http);
        free(poll);
        poll = next;
    }
    text_index_done(&p->own_numbers);
    free(p->own);
    multi_loop_free(p->loop);
    free(p);
}
