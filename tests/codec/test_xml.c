/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/buf.h"
#include "codec/xml.h"

static struct xml *parse(const char *text)
{
    struct err e = {0};
    struct xml *x = xml_parse(span_str(text), &e);
    if (x == NULL) {
        print_error("%s\n", e.text);
    }
    assert_non_null(x);
    return x;
}

static void refused(struct span text, const char *why)
{
    struct err e = {0};
    assert_null(xml_parse(text, &e));
    assert_int_equal(e.kind, FAIL_DATA);
    if (strstr(e.text, why) == NULL) {
        print_error("%s\n", e.text);
        fail();
    }
}

static void finds_the_parts_of_an_error(void **state UNUSED)
{
    OWNED(xml)
    struct xml *x = parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied"
                          "</Code><Message>a &lt;b&gt; &amp; &#233;<![CDATA[<c>]]></Message>"
                          "<Empty/><Host  x='1'>h</Host></Error>");
    assert_span_equal(xml_find(x, "Error/Code"), SPAN("AccessDenied"));
    assert_span_equal(xml_find(x, "Error/Message"), SPAN("a <b> & \xc3\xa9<c>"));
    assert_span_equal(xml_find(x, "Error/Host"), SPAN("h"));
    assert_span_equal(xml_find(x, "Error/Empty"), SPAN(""));
    assert_span_equal(xml_find(x, "Error/None"), SPAN(""));
    assert_span_equal(xml_find(x, "Other/Code"), SPAN(""));
    assert_span_equal(xml_find(x, "Error"), SPAN(""));
    assert_span_equal(xml_find(x, "Error/Code/X"), SPAN(""));
    assert_span_equal(xml_find(x, ""), SPAN(""));
}

static void ignores_namespaces(void **state UNUSED)
{
    OWNED(xml)
    struct xml *x = parse("<s:R xmlns:s='https://sts.amazonaws.com/'><s:A><B>1</B></s:A></s:R>");
    assert_span_equal(xml_find(x, "R/A/B"), SPAN("1"));
}

static void walks_repeated_elements(void **state UNUSED)
{
    OWNED(xml)
    struct xml *x = parse("<L><C><K>1</K></C><P/><C><K>2</K><C><K>no</K></C></C><T>t</T>"
                          "<C><Z/></C></L>");
    const char *const want[] = {"1", "2", ""};
    size_t n = 0;
    for (size_t c = xml_child(x, XML_ROOT, "C"); c != XML_NONE; c = xml_next(x, c)) {
        assert_true(n < 3);
        assert_span_equal(xml_child_text(x, c, "K"), span_str(want[n++]));
    }
    assert_int_equal(n, 3);
    assert_true(xml_child(x, XML_ROOT, "X") == XML_NONE);
    assert_span_equal(xml_name(x, XML_ROOT), SPAN("L"));
    assert_true(xml_next(x, XML_ROOT) == XML_NONE);
}

static void refuses_document_types(void **state UNUSED)
{
    refused(SPAN("<!DOCTYPE a [<!ENTITY x \"xxxx\"><!ENTITY y \"&x;&x;\">]><a>&y;</a>"),
            "document type");
    refused(SPAN("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), "document type");
    refused(SPAN("<a>&unknown;</a>"), "undefined entity");
}

static void refuses_garbage(void **state UNUSED)
{
    refused(SPAN(""), "empty");
    refused(SPAN("<html><br></html>"), "mismatched tag");
    refused(SPAN("{\"a\":1}"), "not well-formed");
    refused(SPAN("<a>"), "no element found");
    refused(SPAN("<a></a><b></b>"), "junk after");
    refused(SPAN("<a>\xff</a>"), "not well-formed");
    refused(SPAN("<a>\0</a>"), "not well-formed");
}

static void refuses_what_is_too_deep_or_too_much(void **state UNUSED)
{
    struct buf b = BUF_INIT(XML_MAX_BYTES + 64);
    for (int i = 0; i < XML_MAX_DEPTH; i++) {
        buf_add(&b, SPAN("<a>"));
    }
    refused(buf_span(&b), "no element found"); /* within the limit of the depth */
    buf_add(&b, SPAN("<a>"));
    refused(buf_span(&b), "too deep");

    buf_clear(&b);
    buf_add(&b, SPAN("<a>"));
    for (int i = 0; i < XML_MAX_NODES; i++) {
        buf_add(&b, SPAN("<b/>"));
    }
    refused(buf_span(&b), "too many");

    buf_clear(&b);
    size_t most = b.max;
    memset(buf_room(&b, most), 'x', most);
    refused(span_of(b.p, most), "too long");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_parts_of_an_error),
        cmocka_unit_test(ignores_namespaces),
        cmocka_unit_test(walks_repeated_elements),
        cmocka_unit_test(refuses_document_types),
        cmocka_unit_test(refuses_garbage),
        cmocka_unit_test(refuses_what_is_too_deep_or_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
