/* SPDX-License-Identifier: Apache-2.0 */
#include "app/progress.h"

#include "app/print.h"

#include <stdio.h>

enum { BAR = 24, LINE_EVERY_MS = 10 * 1000, BAR_EVERY_MS = 200, TEXT_BYTES = 1024 };

void number_add(struct buf *out, uint64_t n)
{
    char digits[32];
    int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            buf_add_byte(out, ',');
        }
        buf_add_byte(out, digits[i]);
    }
}

void bytes_add(struct buf *out, uint64_t n)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    double value = (double)n;
    while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    buf_addf(out, "%.*f %s", unit == 0 ? 0 : 1, value, units[unit]);
}

static void add_duration(struct buf *out, uint64_t s)
{
    if (s >= 3600) {
        buf_addf(out, "%lluh%02llum", (unsigned long long)(s / 3600),
                 (unsigned long long)(s / 60 % 60));
    } else if (s >= 60) {
        buf_addf(out, "%llum%02llus", (unsigned long long)(s / 60), (unsigned long long)(s % 60));
    } else {
        buf_addf(out, "%llus", (unsigned long long)s);
    }
}

static double part_of(const struct progress *p, uint64_t done)
{
    double part = p->total > 0 ? (double)done / (double)p->total : 0;
    return part > 1 ? 1 : part; /* more objects than when they were counted */
}

static void add_bar(struct buf *out, double part)
{
    int full = (int)(part * BAR);
    buf_add_byte(out, '[');
    for (int i = 0; i < BAR; i++) {
        buf_add_byte(out, i < full ? '#' : '-');
    }
    buf_add(out, SPAN("] "));
}

void progress_init(struct progress *p, const char *what, uint64_t first, uint64_t total,
                   bool terminal, int64_t now_ms)
{
    *p = (struct progress){.what = what,
                           .first = first,
                           .total = total,
                           .terminal = terminal,
                           .start_ms = now_ms,
                           .shown_ms = now_ms};
}

void progress_text(const struct progress *p, uint64_t done, const char *note, int64_t now_ms,
                   struct buf *out)
{
    int64_t elapsed_ms = now_ms > p->start_ms ? now_ms - p->start_ms : 1;
    double per_s = (double)(done - p->first) * 1000 / (double)elapsed_ms;
    buf_addf(out, "%s: ", p->what);
    if (p->total > 0) {
        if (p->terminal) {
            add_bar(out, part_of(p, done));
        }
        buf_addf(out, "%d %%, ", (int)(part_of(p, done) * 100));
    }
    number_add(out, done);
    if (p->total > 0) {
        buf_add(out, SPAN(" of "));
        number_add(out, p->total);
    }
    buf_addf(out, ", %.0f/s", per_s);
    if (p->total > done && per_s > 0) {
        buf_add(out, SPAN(", "));
        add_duration(out, (uint64_t)((double)(p->total - done) / per_s));
        buf_add(out, SPAN(" left"));
    }
    if (note[0] != '\0') {
        buf_addf(out, " (%s)", note);
    }
}

static void show(struct progress *p, uint64_t done, const char *note, int64_t now_ms)
{
    struct buf text = BUF_INIT(TEXT_BYTES);
    progress_text(p, done, note, now_ms, &text);
    if (p->terminal) {
        (void)fputs("\r\x1b[K", stderr);
        (void)fwrite(text.p, 1, text.n, stderr);
        (void)fflush(stderr);
    } else {
        print_line(stderr, "%s", text.p);
    }
    buf_done(&text);
    p->shown_ms = now_ms;
    p->shown = true;
}

void progress_show(struct progress *p, uint64_t done, const char *note, int64_t now_ms)
{
    if (now_ms - p->shown_ms >= (p->terminal ? BAR_EVERY_MS : LINE_EVERY_MS)) {
        show(p, done, note, now_ms);
    }
}

void progress_end(struct progress *p, uint64_t done, int64_t now_ms)
{
    if (p->shown) {
        show(p, done, "", now_ms);
    }
    if (p->shown && p->terminal) {
        (void)fputc('\n', stderr);
    }
}
