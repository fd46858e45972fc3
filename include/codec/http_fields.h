/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_fields.h - header fields of an HTTP response (RFC 9110).
 *
 *     struct span id = http_fields_find(head, "x-amz-request-id");     "" if absent
 *
 * A head consists of header lines "Name: value", each terminated by a line feed, as net/http
 * collects them. Any bytes of a server are accepted. Threads: no state.
 */
#ifndef CODEC_HTTP_FIELDS_H
#define CODEC_HTTP_FIELDS_H

#include "base/span.h"

/*
 * The value of the first field with this name (in any case), without surrounding blanks. "":
 * absent.
 */
struct span http_fields_find(struct span head, const char *name);

/* A whole number of digits only. False if it is anything else or exceeds INT64_MAX. */
MUST_USE bool http_fields_number(struct span value, int64_t *out);

/* "Sun, 06 Nov 1994 08:49:37 GMT" as seconds since the epoch. False if it is not such a date. */
MUST_USE bool http_fields_date(struct span value, int64_t *epoch_s);

/* "bytes 10-99/100", or "bytes *" + "/100" in a response with status 416. */
struct content_range {
    int64_t first; /* -1: the second form */
    int64_t last;  /* inclusive */
    int64_t total; /* -1: given as '*' */
};
MUST_USE bool http_fields_content_range(struct span value, struct content_range *out);

#endif
