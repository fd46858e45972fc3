/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/s3_page.h"

#include "codec/http_fields.h"
#include "codec/timestamp.h"
#include "codec/url.h"

enum { KEY_BYTES = 4096 };

enum err_kind s3_page_open(struct s3_page *p, struct span body, struct err *e)
{
    *p = (struct s3_page){.key = BUF_INIT(KEY_BYTES), .token = SPAN("")};
    p->x = xml_parse(body, e);
    if (p->x == NULL) {
        return FAIL_DATA;
    }
    if (!span_eq(xml_name(p->x, XML_ROOT), SPAN("ListBucketResult"))) {
        s3_page_close(p);
        return err_set(e, FAIL_DATA, "list: not a ListBucketResult");
    }
    p->at = xml_child(p->x, XML_ROOT, "Contents");
    if (span_eq(xml_child_text(p->x, XML_ROOT, "IsTruncated"), SPAN("true"))) {
        p->token = xml_child_text(p->x, XML_ROOT, "NextContinuationToken");
        if (p->token.n == 0) {
            s3_page_close(p);
            return err_set(e, FAIL_DATA, "list: cut, without a token to go on");
        }
    }
    return FAIL_NONE;
}

void s3_page_close(struct s3_page *p)
{
    xml_free(p->x);
    p->x = NULL;
    buf_done(&p->key);
}

static struct span without_quotes(struct span s)
{
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"') {
        return span_of(s.p + 1, s.n - 2);
    }
    return s;
}

bool s3_page_next(struct s3_page *p, struct s3_entry *out)
{
    if (p->x == NULL || p->at == XML_NONE) {
        return false;
    }
    struct timestamp modified = {.ns = 0};
    buf_clear(&p->key);
    (void)url_decode_form(&p->key, xml_child_text(p->x, p->at, "Key"));
    *out = (struct s3_entry){
        .key = buf_span(&p->key),
        .etag = without_quotes(xml_child_text(p->x, p->at, "ETag")),
        .storage_class = xml_child_text(p->x, p->at, "StorageClass"),
        .size = -1,
    };
    if (!http_fields_number(xml_child_text(p->x, p->at, "Size"), &out->size)) {
        out->size = -1;
    }
    if (timestamp_parse(xml_child_text(p->x, p->at, "LastModified"), &modified)) {
        out->modified_ns = modified.ns;
    }
    p->at = xml_next(p->x, p->at);
    return true;
}
