/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - reads a file of tests/vectors with one case per line: columns separated by tabs. The
 * first column is the row of the program's table that the case tests. Lines that begin with '#' are
 * comments.
 *
 *     struct rows r;
 *     struct row row;
 *     rows_open(&r, TEST_VECTORS "/timestamp/forms.txt");
 *     while (rows_next(&r, &row)) {
 *         ... row.column[1] ...
 *     }
 *     rows_close(&r);
 *
 * In a column \n \r \t \v \f \0 \\ stand for bytes.
 */
#ifndef TESTS_ROWS_H
#define TESTS_ROWS_H

#include "slurp.h"

enum { ROW_COLUMNS = 5 };

struct row {
    struct span column[ROW_COLUMNS]; /* "" for columns that the line does not have */
    size_t line;
};

struct rows {
    struct buf file;
    struct buf text; /* of the current row, unescaped */
    struct span rest;
    size_t line;
};

UNUSED static void rows_open(struct rows *r, const char *path)
{
    *r = (struct rows){.file = BUF_INIT(SLURP_MAX_BYTES), .text = BUF_INIT(SLURP_MAX_BYTES)};
    slurp(path, &r->file);
    r->rest = buf_span(&r->file);
}

UNUSED static void rows_close(struct rows *r)
{
    buf_done(&r->file);
    buf_done(&r->text);
}

static struct span rows_cut(struct span *s, char at)
{
    const char *p = s->n > 0 ? memchr(s->p, at, s->n) : NULL;
    struct span head = span_take(s, p != NULL ? (size_t)(p - s->p) : s->n);
    *s = span_from(*s, p != NULL ? 1 : 0);
    return head;
}

static void rows_unescape(struct span s, struct buf *out)
{
    static const char letters[] = "nrtvf0\\";
    static const char bytes[] = "\n\r\t\v\f\0\\";
    for (size_t i = 0; i < s.n; i++) {
        const char *p = s.p[i] == '\\' && i + 1 < s.n ? memchr(letters, s.p[i + 1], 7) : NULL;
        buf_add_byte(out, p != NULL ? bytes[p - letters] : s.p[i]);
        i += p != NULL ? 1 : 0;
    }
}

/* The next row, valid until the next call. False: no more. */
UNUSED static bool rows_next(struct rows *r, struct row *row)
{
    struct span line = {"", 0};
    while (r->rest.n > 0 && (line.n == 0 || *line.p == '#')) {
        line = rows_cut(&r->rest, '\n');
        r->line++;
    }
    size_t ends[ROW_COLUMNS] = {0};
    if (line.n == 0 || *line.p == '#') {
        return false;
    }
    buf_clear(&r->text);
    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        rows_unescape(rows_cut(&line, '\t'), &r->text);
        ends[i] = r->text.n;
    }
    assert_int_equal(line.n, 0);
    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        size_t from = i > 0 ? ends[i - 1] : 0;
        row->column[i] = span_of(r->text.p + from, ends[i] - from);
    }
    row->line = r->line;
    return true;
}

#endif
