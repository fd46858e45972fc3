/* SPDX-License-Identifier: Apache-2.0 */
/* survey_print.h - prints a survey for people, or as one JSON object. */
#ifndef APP_SURVEY_PRINT_H
#define APP_SURVEY_PRINT_H

#include "app/survey.h"

struct survey_file {
    const char *name;
    uint64_t lines; /* physical lines */
    enum framing_kind framing;
    struct span format; /* compression and encoding: "UTF-16LE in gzip" */
};

/* `colour`: use escape sequences of a terminal. */
void survey_print_text(const struct survey *s, const struct survey_file *file, bool colour,
                       struct buf *out);
void survey_print_json(const struct survey *s, const struct survey_file *file, struct buf *out);

#endif
