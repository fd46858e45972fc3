/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/exposition.h"

#include <inttypes.h>

const char *exposition_kind_name(enum exposition_kind kind)
{
    static const char *const names[] = {"counter", "gauge", "histogram"};
    return names[kind];
}

/* The format has three escapes; a quote is escaped only in label values. */
static void add_escaped(struct buf *out, struct span text, bool quoted)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\n') {
            buf_add(out, SPAN("\\n"));
        } else if (c == '\\' || (c == '"' && quoted)) {
            buf_addf(out, "\\%c", c);
        } else {
            buf_add_byte(out, c);
        }
    }
}

void exposition_family(struct buf *out, const struct exposition_family *f)
{
    buf_addf(out, "# HELP %s ", f->name);
    add_escaped(out, span_str(f->text), false);
    buf_addf(out, "\n# TYPE %s %s\n", f->name, exposition_kind_name(f->kind));
}

static void add_label(struct buf *out, bool first, const char *name, struct span value)
{
    buf_addf(out, "%c%s=\"", first ? '{' : ',', name);
    add_escaped(out, value, true);
    buf_add_byte(out, '"');
}

/* Append name and labels. le: one more label, "" if there is none. */
static void add_head(struct buf *out, const char *name, const char *suffix,
                     const struct exposition_label *labels, size_t count, struct span le)
{
    buf_add(out, span_str(name));
    buf_add(out, span_str(suffix));
    for (size_t i = 0; i < count; i++) {
        add_label(out, i == 0, labels[i].name, labels[i].value);
    }
    if (le.n != 0) {
        add_label(out, count == 0, "le", le);
        count++;
    }
    buf_add(out, count != 0 ? SPAN("} ") : SPAN(" "));
}

static void add_seconds(struct buf *out, int64_t ms)
{
    if (ms == INT64_MAX) {
        buf_add(out, SPAN("+Inf"));
        return;
    }
    uint64_t whole = ms < 0 ? (uint64_t)-ms : (uint64_t)ms;
    unsigned rest = (unsigned)(whole % 1000);
    buf_addf(out, "%s%" PRIu64, ms < 0 ? "-" : "", whole / 1000);
    if (rest != 0) {
        buf_addf(out, ".%03u", rest);
    }
}

void exposition_count(struct buf *out, const char *name, const struct exposition_label *labels,
                      size_t label_count, uint64_t value)
{
    add_head(out, name, "", labels, label_count, SPAN(""));
    buf_addf(out, "%" PRIu64 "\n", value);
}

void exposition_seconds(struct buf *out, const char *name, const struct exposition_label *labels,
                        size_t label_count, int64_t ms)
{
    add_head(out, name, "", labels, label_count, SPAN(""));
    add_seconds(out, ms);
    buf_add_byte(out, '\n');
}

void exposition_histogram(struct buf *out, const char *name, const struct exposition_label *labels,
                          size_t label_count, const struct exposition_times *times)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= times->bound_count; i++) {
        struct buf le = BUF_INIT(32);
        add_seconds(&le, i < times->bound_count ? times->bounds_ms[i] : INT64_MAX);
        count += times->counts[i];
        add_head(out, name, "_bucket", labels, label_count, buf_span(&le));
        buf_addf(out, "%" PRIu64 "\n", count);
        buf_done(&le);
    }
    add_head(out, name, "_sum", labels, label_count, SPAN(""));
    add_seconds(out, (int64_t)times->sum_ms);
    buf_add_byte(out, '\n');
    add_head(out, name, "_count", labels, label_count, SPAN(""));
    buf_addf(out, "%" PRIu64 "\n", count);
}
