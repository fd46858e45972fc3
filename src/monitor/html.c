/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/html.h"

#include "base/visible.h"

#include <inttypes.h>
#include <time.h>

static void add_escaped(struct buf *out, struct span one)
{
    switch (one.p[0]) {
    case '&':
        buf_add(out, SPAN("&amp;"));
        break;
    case '<':
        buf_add(out, SPAN("&lt;"));
        break;
    case '>':
        buf_add(out, SPAN("&gt;"));
        break;
    case '"':
        buf_add(out, SPAN("&quot;"));
        break;
    case '\'':
        buf_add(out, SPAN("&#39;"));
        break;
    default:
        buf_add(out, one);
    }
}

void html_text(struct buf *out, struct span text)
{
    for (struct span rest = text; rest.n > 0 && !out->overflowed;) {
        uint32_t c = 0;
        size_t n = visible_step(rest, &c);
        struct span one = span_take(&rest, n > 0 ? n : 1);
        if (n == 0 || visible_is_control(c)) {
            buf_add(out, SPAN("\xef\xbf\xbd"));
        } else {
            add_escaped(out, one);
        }
    }
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void html_query(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (is_unreserved(text.p[i])) {
            buf_add_byte(out, text.p[i]);
        } else {
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)text.p[i]);
        }
    }
}

void html_duration(struct buf *out, int64_t ms)
{
    enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
    int64_t s = ms > 0 ? ms / 1000 : 0;
    if (s < 2 * MINUTE) {
        buf_addf(out, "%" PRId64 " s", s);
    } else if (s < HOUR) {
        buf_addf(out, "%" PRId64 " min", s / MINUTE);
    } else if (s < DAY) {
        buf_addf(out, "%" PRId64 " h %" PRId64 " min", s / HOUR, s % HOUR / MINUTE);
    } else {
        buf_addf(out, "%" PRId64 " d %" PRId64 " h", s / DAY, s % DAY / HOUR);
    }
}

static void add_scaled(struct buf *out, uint64_t n, uint64_t step, const char *const *units)
{
    size_t unit = 0;
    uint64_t scale = 1;
    while (n / scale >= step && units[unit + 1] != NULL) {
        scale *= step;
        unit++;
    }
    if (unit == 0) {
        buf_addf(out, "%" PRIu64 "%s", n, units[0]);
    } else {
        buf_addf(out, "%.1f%s", (double)n / (double)scale, units[unit]);
    }
}

void html_count(struct buf *out, uint64_t n)
{
    static const char *const units[] = {"", " k", " M", " G", " T", NULL};
    add_scaled(out, n, 1000, units);
}

void html_bytes(struct buf *out, uint64_t n)
{
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB", NULL};
    add_scaled(out, n, 1024, units);
}

void html_age(struct buf *out, int64_t wall_ms, int64_t now_ms)
{
    char text[64];
    struct tm t = {0};
    time_t seconds = (time_t)(wall_ms / 1000);
    if (wall_ms == 0 || gmtime_r(&seconds, &t) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &t) == 0) {
        buf_add_byte(out, '-');
        return;
    }
    buf_addf(out, "<time datetime=\"%s\" title=\"%s\">", text, text);
    html_duration(out, now_ms - wall_ms);
    buf_add(out, SPAN("</time>"));
}
