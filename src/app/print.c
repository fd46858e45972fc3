/* SPDX-License-Identifier: Apache-2.0 */
#include "app/print.h"

#include "base/visible.h"

#include <stdarg.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, LINE_MAX_BYTES = 64 * 1024 };

void print_line(FILE *to, const char *fmt, ...)
{
    char text[LINE_MAX_BYTES];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    struct buf line = BUF_INIT(LINE_MAX_BYTES + 1);
    visible_add(&line, span_str(text));
    buf_add_byte(&line, '\n');
    (void)fwrite(line.p, 1, line.n, to);
    buf_done(&line);
}

int print_and_free(struct buf *out)
{
    bool ok = fwrite(out->p, 1, out->n, stdout) == out->n && fflush(stdout) == 0;
    buf_done(out);
    return ok ? STATUS_OK : STATUS_FAILED;
}
