/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c - the status of a running worker in a terminal. The worker makes the text, so that all
 * views agree; here it is only fitted to the terminal. What it sends is not trusted: control
 * characters are replaced.
 */
#include "app/app.h"

#include "app/options.h"
#include "app/print.h"
#include "app/reach.h"
#include "base/clock.h"
#include "base/visible.h"
#include "codec/url.h"
#include "monitor/html.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    HTTP_OK = 200,
    ANSWER_BYTES = 64 * 1024 * 1024,
    SCREEN_BYTES = 1024 * 1024,
    TARGET_BYTES = 4096,
    WATCH_MS = 2000,
    OTHER_LINES = 8, /* a head of up to six, "more", and the note on QUEUED */
    USUAL_ROWS = 24,
    USUAL_COLUMNS = 80,
};

struct wish {
    const char *customer, *state, *limit;
    bool json, watch, colour;
};

/* ---- One answer ---- */

static const struct {
    const char *word, *colour;
} colours[] = {{"  paused ", "31"},     {"  late ", "33"},      {"  unreadable ", "35"},
               {"  incomplete ", "35"}, {"  far_above ", "35"}, {"  backfilling ", "36"},
               {"  silent ", "2"},      {"  not_yet ", "2"},    {"  fresh ", "32"}};

/* A line of the table, with the state coloured. */
static void add_coloured(struct buf *out, struct span line)
{
    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
        struct span word = span_str(colours[i].word);
        const char *at = memmem(line.p, line.n, word.p, word.n);
        if (at != NULL) {
            size_t before = (size_t)(at - line.p) + 2;
            buf_add(out, span_of(line.p, before));
            buf_addf(out, "\033[%sm%.*s\033[0m", colours[i].colour, (int)(word.n - 3), word.p + 2);
            buf_add(out, span_from(line, before + word.n - 3));
            return;
        }
    }
    buf_add(out, line);
}

/* At most `columns` characters of a line; 0: all. */
static struct span cut_line(struct span line, size_t columns)
{
    size_t n = 0;
    for (size_t i = 0; i < line.n && columns != 0; i++) {
        n += ((unsigned char)line.p[i] & 0xc0) != 0x80;
        if (n > columns) {
            return span_of(line.p, i);
        }
    }
    return line;
}

static void add_lines(struct buf *out, struct span text, const struct wish *w, size_t columns)
{
    struct buf clean = BUF_INIT(SCREEN_BYTES);
    while (text.n != 0) {
        const char *end = memchr(text.p, '\n', text.n);
        struct span line = span_take(&text, end != NULL ? (size_t)(end - text.p) : text.n);
        (void)span_take(&text, text.n != 0);
        buf_clear(&clean);
        visible_add(&clean, line);
        struct span fits = cut_line(buf_span(&clean), columns);
        if (w->colour) {
            add_coloured(out, fits);
        } else {
            buf_add(out, fits);
        }
        buf_add(out, w->watch ? SPAN("\033[K\n") : SPAN("\n"));
    }
    buf_done(&clean);
}

/* columns: the terminal's; 0: any. */
static void add_target(struct buf *out, const struct wish *w, size_t rows, size_t columns)
{
    buf_add(out, w->json ? SPAN("/status.json?") : SPAN("/status.txt?"));
    if (w->customer != NULL) {
        buf_add(out, w->json ? SPAN("customer=") : SPAN("one="));
        html_query(out, span_str(w->customer));
        return;
    }
    if (w->limit != NULL) {
        buf_add(out, SPAN("limit="));
        html_query(out, span_str(w->limit));
    } else {
        buf_addf(out, "limit=%zu", rows);
    }
    if (columns != 0) {
        buf_addf(out, "&columns=%zu", columns);
    }
    if (w->state != NULL) {
        buf_add(out, SPAN("&state="));
        html_query(out, span_str(w->state));
    }
}

static int print_once(struct reach *r, const struct wish *w)
{
    struct http_answer a;
    struct buf out = BUF_INIT(ANSWER_BYTES);
    struct buf target = BUF_INIT(TARGET_BYTES);
    int status = STATUS_FAILED;
    http_answer_init(&a, ANSWER_BYTES);
    add_target(&target, w, 1000, 0);
    if (!reach_call(r, "GET", target.p, &a)) {
        buf_done(&out);
    } else if (a.status != HTTP_OK) {
        reach_say_refused("status", &a);
        buf_done(&out);
    } else {
        if (w->json) {
            visible_add_json(&out, buf_span(&a.body));
        } else {
            add_lines(&out, buf_span(&a.body), w, 0);
        }
        status = print_and_free(&out);
    }
    buf_done(&target);
    http_answer_done(&a);
    return status;
}

/* ---- --watch ---- */

static volatile sig_atomic_t ended;

static void on_end(int number UNUSED)
{
    ended = 1;
}

static void read_size(size_t *rows, size_t *columns)
{
    struct winsize size = {0};
    *rows = USUAL_ROWS;
    *columns = USUAL_COLUMNS;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 && size.ws_col != 0) {
        *rows = size.ws_row;
        *columns = size.ws_col;
    }
}

/* Draw a screen: the answer, or why there is none, above what was seen last. */
static void draw(struct reach *r, const struct wish *w, struct http_answer *a, struct buf *out)
{
    size_t rows = 0;
    size_t columns = 0;
    struct err e = {.kind = FAIL_NONE};
    struct buf target = BUF_INIT(TARGET_BYTES);
    read_size(&rows, &columns);
    columns--; /* the last column would hold what the end of the line erases */
    add_target(&target, w, rows > OTHER_LINES + 1 ? rows - OTHER_LINES - 1 : 1, columns);
    buf_clear(out);
    buf_add(out, SPAN("\033[H"));
    if (reach_try(r, "GET", target.p, a, &e) != FAIL_NONE) {
        add_lines(out, span_str(e.text), w, columns);
    } else {
        add_lines(out, buf_span(&a->body), w, columns);
    }
    buf_add(out, SPAN("\033[J"));
    buf_add(out, SPAN("q ends"));
    for (struct span rest = buf_span(out); rest.n != 0;) {
        ssize_t n = write(STDOUT_FILENO, rest.p, rest.n);
        if (n <= 0) {
            ended = 1;
            break;
        }
        (void)span_take(&rest, (size_t)n);
    }
    buf_done(&target);
}

/* Wait for the next screen; q, the end of the input or a signal ends the watch. Other keys do not
 * shorten the wait: script(1) sends one at the start. */
static void wait_for_key(void)
{
    struct pollfd key = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t end = clock_mono_ms(&clock_system) + WATCH_MS;
    int64_t left = WATCH_MS;
    while (!ended && left > 0 && poll(&key, 1, (int)left) > 0) {
        char c = 0;
        ended = read(STDIN_FILENO, &c, 1) <= 0 || c == 'q';
        left = end - clock_mono_ms(&clock_system);
    }
}

static int watch(struct reach *r, const struct wish *w)
{
    struct termios before;
    struct http_answer a;
    struct buf out = BUF_INIT(SCREEN_BYTES);
    struct sigaction action = {.sa_handler = on_end};
    bool keys = tcgetattr(STDIN_FILENO, &before) == 0;
    if (!isatty(STDOUT_FILENO) || !keys) {
        print_line(stderr, "asymptote-ingest status: --watch needs a terminal");
        return STATUS_FAILED;
    }
    struct termios raw = before;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    (void)!write(STDOUT_FILENO, "\033[?1049h\033[?25l", 14);
    http_answer_init(&a, SCREEN_BYTES);
    while (!ended) {
        draw(r, w, &a, &out);
        wait_for_key();
    }
    (void)!write(STDOUT_FILENO, "\033[?25h\033[?1049l", 14);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
    http_answer_done(&a);
    buf_done(&out);
    return STATUS_OK;
}

/* ---- The command ---- */

int app_status(int argc, char **argv)
{
    struct reach_options where = {.socket = NULL};
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    bool plain = getenv("NO_COLOR") != NULL;
    struct wish w = {.colour = !plain && isatty(STDOUT_FILENO)};
    const struct option options[] = {
        REACH_OPTION_SOCKET(where),
        REACH_OPTION_WORKER(where),
        REACH_OPTION_CONFIG(where),
        {.name = "watch",
         .letter = 'w',
         .text = "Again every 2 s, like top; q ends it.",
         .flag = &w.watch},
        {.name = "json", .text = "As /status.json (docs/status.md).", .flag = &w.json},
        {.name = "state",
         .value = "STATE",
         .text = "Only customers with this state.",
         .to = &w.state},
        {.name = "limit",
         .value = "N",
         .text = "At most so many customers, up to 1000.",
         .to = &w.limit},
    };
    const struct usage usage = {
        "status", "[CUSTOMER]",
        "Show whether every customer of a running worker is fresh, the worst first; or everything\n"
        "about one customer.",
        options, sizeof(options) / sizeof(options[0])};
    struct operands rest;
    struct reach r;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count > 1 || (w.watch && w.json)) {
        return usage_wrong(&usage, "%s",
                           w.json ? "--watch and --json exclude each other" : "takes one customer");
    }
    w.customer = rest.count != 0 ? rest.list[0] : NULL;
    if (reach_init(&r, &where)) {
        status = w.watch ? watch(&r, &w) : print_once(&r, &w);
    } else {
        status = STATUS_FAILED;
    }
    reach_done(&r);
    return status;
}
