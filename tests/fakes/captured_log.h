/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captured_log.h - captures the log of a test as a text.
 *
 *     captured_log_begin(LOG_DEBUG);
 *     ...
 *     assert_non_null(captured_log_line("msg=\"object done\""));
 *     captured_log_end();
 */
#ifndef TESTS_FAKES_CAPTURED_LOG_H
#define TESTS_FAKES_CAPTURED_LOG_H

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    int real; /* standard error */
    FILE *file;
    char text[64 * 1024];
    char line[8 * 1024];
} captured;

UNUSED static void captured_log_begin(enum log_level least)
{
    captured.file = tmpfile();
    captured.real = dup(STDERR_FILENO);
    if (captured.file == NULL || dup2(fileno(captured.file), STDERR_FILENO) < 0) {
        abort();
    }
    log_setup(least, LOG_LOGFMT);
}

UNUSED static void captured_log_end(void)
{
    (void)dup2(captured.real, STDERR_FILENO);
    (void)close(captured.real);
    (void)fclose(captured.file);
    log_setup(LOG_INFO, LOG_LOGFMT);
}

/* All lines so far. */
UNUSED static const char *captured_log(void)
{
    ssize_t n = pread(fileno(captured.file), captured.text, sizeof(captured.text) - 1, 0);
    captured.text[n > 0 ? n : 0] = '\0';
    return captured.text;
}

/* Number of lines with this text in them. */
UNUSED static size_t captured_log_count(const char *part)
{
    size_t n = 0;
    for (const char *at = captured_log(); (at = strstr(at, part)) != NULL; n++) {
        at = strchr(at, '\n');
        at = at != NULL ? at : "";
    }
    return n;
}

/* The first line with this text in it, NULL if there is none. */
UNUSED static const char *captured_log_line(const char *part)
{
    const char *all = captured_log();
    const char *at = strstr(all, part);
    if (at == NULL) {
        return NULL;
    }
    while (at > all && at[-1] != '\n') {
        at--;
    }
    (void)snprintf(captured.line, sizeof(captured.line), "%.*s", (int)strcspn(at, "\n"), at);
    return captured.line;
}

#endif
