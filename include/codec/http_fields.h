/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_fields.h - values in the head of an HTTP answer (RFC 9110).
 *
 *     struct span id = http_fields_find(head, "x-amz-request-id");     "" if it is not there
 *
 * A head is the text of the header lines, "Name: value", each ended by a line feed, as
 * net/http collects it. Whatever a server sends is safe to give. Threads: no state.
 */
#ifndef CODEC_HTTP_FIELDS_H
#define CODEC_HTTP_FIELDS_H

#include "base/span.h"

/* Value of the first field of that name (any case), without blanks around; "" if none. */
struct span http_fields_find(struct span head, const char *name);

/* A whole number, digits only. False if it is none or beyond INT64_MAX. */
MUST_USE bool http_fields_number(struct span value, int64_t *out);

/* "Sun, 06 Nov 1994 08:49:37 GMT" as seconds since the epoch. False if it is no such date. */
MUST_USE bool http_fields_date(struct span value, int64_t *epoch_s);

/* "bytes 10-99/100" and, when nothing can be given, "bytes *" + "/100". */
struct content_range {
    int64_t first; /* -1 for the second form */
    int64_t last;  /* inclusive */
    int64_t total; /* -1 if told as '*' */
};
MUST_USE bool http_fields_content_range(struct span value, struct content_range *out);

#endif
