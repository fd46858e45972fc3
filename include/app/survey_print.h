/* SPDX-License-Identifier: Apache-2.0 */
/* survey_print.h - a survey for people, or as one JSON object. */
#ifndef APP_SURVEY_PRINT_H
#define APP_SURVEY_PRINT_H

#include "app/survey.h"

/* `lines`: physical lines of the file. `colour`: escape sequences of a terminal. */
void survey_print_text(const struct survey *s, const char *file, uint64_t lines, bool colour,
                       struct buf *out);
void survey_print_json(const struct survey *s, const char *file, uint64_t lines, struct buf *out);

#endif
