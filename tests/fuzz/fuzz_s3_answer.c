/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A response of S3: status, head, an empty line, body. For any content, texts are terminated,
 * regions are valid names, classes exist, and parts are at their offset.
 */
#include "codec/http_fields.h"
#include "codec/s3_answer.h"
#include "codec/s3_page.h"
#include "codec/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

static void check_head(struct span head)
{
    struct s3_head h;
    char name[S3_VERSION_BYTES];
    int64_t date = 0;
    s3_head_read(&h, head);
    s3_head_name(&h, name);
    check(memchr(h.etag, '\0', sizeof(h.etag)) != NULL);
    check(strchr(h.etag, '\n') == NULL && strchr(h.etag, '\r') == NULL);
    check(h.length >= -1 && h.modified_ns >= 0);
    check(h.checksum.n <= CHECKSUM_MAX_BYTES);
    check(strlen(name) < sizeof(name));
    (void)!http_fields_date(http_fields_find(head, "date"), &date);
}

static void check_fault(int status, struct span head, struct span body)
{
    struct fault f;
    struct err e = {0};
    fault_read(&f, status, head, body);
    enum err_kind kind = s3_fault_set(&e, &f);
    check(kind > FAIL_NONE && kind < FAIL_KINDS && e.kind == kind);
    check(e.text[0] != '\0' && memchr(e.text, '\n', strlen(e.text)) == NULL);
    check(f.region[0] == '\0' || url_region_ok(span_str(f.region)));
    (void)!s3_fault_is_region(&f);
}

static void check_part(int status, struct span head, int64_t from)
{
    struct content_range r;
    enum s3_part part = s3_part_check(status, head, from, -1);
    if (part == S3_PART_RIGHT) {
        check(http_fields_content_range(http_fields_find(head, "content-range"), &r));
        check(r.first == from && r.last == r.total - 1 && r.last >= r.first);
    }
    check(part != S3_PART_COMPLETE || status == 416);
}

static void check_page(struct span body)
{
    struct s3_page p = {0};
    struct s3_entry entry;
    struct err e = {0};
    size_t n = 0;
    if (s3_page_open(&p, body, &e) != FAIL_NONE) {
        check(e.kind == FAIL_DATA && p.x == NULL);
        return;
    }
    while (s3_page_next(&p, &entry)) {
        check(entry.key.n <= body.n && entry.size >= -1);
        n++;
    }
    check(n <= XML_MAX_NODES);
    s3_page_close(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of((const char *)data, size);
    if (in.n < 2) {
        return 0;
    }
    int status = 200 + (unsigned char)in.p[0] + (in.p[1] & 1) * 100;
    int64_t from = (unsigned char)in.p[1];
    in = span_from(in, 2);
    const char *gap = in.n > 1 ? memmem(in.p, in.n, "\n\n", 2) : NULL;
    struct span head = span_take(&in, gap != NULL ? (size_t)(gap - in.p) + 1 : in.n);
    struct span body = in.n > 0 ? span_from(in, 1) : in;
    check_head(head);
    check_fault(status, head, body);
    check_part(status, head, from);
    check_page(body);
    return 0;
}
