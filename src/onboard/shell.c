/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/writers.h"

/* Whether the word means itself to a shell without quotes. */
static bool is_plain(struct span text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=,@+";
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\0' || strchr(plain, text.p[i]) == NULL) {
            return false;
        }
    }
    return text.n > 0;
}

void shell_quote(struct buf *out, struct span text)
{
    if (is_plain(text)) {
        buf_add(out, text);
        return;
    }
    buf_add_byte(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'') {
            buf_add(out, SPAN("'\\''"));
        } else {
            buf_add_byte(out, text.p[i]);
        }
    }
    buf_add_byte(out, '\'');
}

/* A value with a line end must not leave the comment. A carriage return ends no comment. */
static void write_comment(struct buf *out, struct span text)
{
    buf_add(out, SPAN("\n"));
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end != NULL ? (size_t)(end - text.p) : text.n;
        buf_addf(out, "# %.*s\n", (int)n, text.p);
        text = span_from(text, end != NULL ? n + 1 : n);
    }
}

static struct span member(struct json_object *o, const char *name)
{
    struct json_object *v = json_object_object_get(o, name);
    return v != NULL ? span_of(json_object_get_string(v), (size_t)json_object_get_string_len(v))
                     : SPAN("");
}

static void write_words(struct buf *out, struct json_object *words)
{
    for (size_t i = 0; i < json_object_array_length(words); i++) {
        struct json_object *word = json_object_array_get_idx(words, i);
        bool option = json_object_get_string_len(word) > 2 &&
                      strncmp(json_object_get_string(word), "--", 2) == 0;
        buf_add(out, i == 0 ? SPAN("") : option && i > 3 ? SPAN(" \\\n    ") : SPAN(" "));
        shell_quote(
            out, span_of(json_object_get_string(word), (size_t)json_object_get_string_len(word)));
    }
}

/* "unless": a command; what it finds is there already, and "run" is left out. */
static void write_command(struct buf *out, struct json_object *command)
{
    struct json_object *unless = json_object_object_get(command, "unless");
    struct span text = member(command, "text");
    struct span to = member(command, "to");
    if (text.n > 0) {
        write_comment(out, text);
    }
    if (unless != NULL) {
        write_words(out, unless);
        buf_add(out, SPAN(" > /dev/null 2>&1 ||\n  "));
    }
    write_words(out, json_object_object_get(command, "run"));
    if (to.n > 0) {
        buf_add(out, SPAN(" > "));
        shell_quote(out, to);
    }
    buf_add(out, SPAN("\n"));
}

void shell_write(struct json_object *commands, struct buf *out)
{
    buf_add(out, SPAN("#!/usr/bin/env bash\nset -euo pipefail\ncd \"$(dirname \"$0\")\"\n"));
    for (size_t i = 0; i < json_object_array_length(commands); i++) {
        write_command(out, json_object_array_get_idx(commands, i));
    }
}
