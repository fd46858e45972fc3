/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/text_kind.h"

static void names_texts_that_are_no_json(void **state UNUSED)
{
    static const struct {
        const char *text, *name;
    } rows[] = {
        {"", "logfmt or plain text"},
        {"hello world\n", "logfmt or plain text"},
        {"2026-05-11 22:20:00,123 INFO started\n2026-05-11 22:20:01,004 INFO stopped\n",
         "logfmt or plain text"},
        {"2026-05-11T22:20:00,123 INFO event: {\"a\":1, \"b\":2}\n"
         "2026-05-11T22:20:01,004 INFO event: {\"a\":1, \"b\":2}\n",
         "logfmt or plain text"},
        {"2026-05-11 22:20:00,ana,read\n2026-05-11 22:20:01,ben,write\n", "CSV"},
        {"event: message\ndata: {\"user\":\"ana\"}\n\nevent: message\n", "server-sent events"},
        {"data: {\"user\":\"ana\"}\n\n", "server-sent events"},
        {": ok\nid: 1\ndata:x\n\n", "server-sent events"},
        {"id: 1\nevent: start\nuser: ana\n", "YAML"},
        {"data: 1\nother: 2\n", "YAML"},
        {"level=info msg=\"a, b, c\"\nlevel=warn msg=\"d, e, f\"\n", "logfmt or plain text"},
        {"time,user,action\n2026-05-11,ana,read\n", "CSV"},
        {"\xef\xbb\xbf\"time\",\"what, and why\",\"user\"\r\n1,2,3\r\n", "CSV"},
        {"a;b;c\n1;2;3\n", "CSV"},
        {"2026-05-11T22:20:00.000Z {name=ana-mbp} read a, b, c\n"
         "2026-05-11T22:20:01.000Z {name=ana-mbp} read d, e, f\n",
         "logfmt or plain text"},
        {"2026-05-11T22:20:00.000Z,ana, read\n2026-05-11T22:20:01.000Z,ben, write\n", "CSV"},
        {"a,b,c\n1,2\n", "logfmt or plain text"},
        {"time,user\n2026-05-11T22:20:00Z,ana\n2026-05-11T22:20:00Z,ben\n", "CSV"},
        {"\"time\",\"user\"\n\"2026-05-11T22:20:00Z\",\"ana, or ben\"\n", "CSV"},
        {"time;user\r\n2026-05-11 22:20:00;ana maria\r\n", "CSV"},
        {"2026-05-11T22:20:00Z,ana\n2026-05-11T22:20:00Z,ben\n", "CSV"},
        {"user,\"count\"\nana,5\n", "CSV"},
        {"id,count\n5,6\n7,8\n", "CSV"},
        {"22:20:00,123\n22:20:01,456\n", "logfmt or plain text"},
        {"22:20:00,123 INFO started\n22:20:01,456 INFO stopped\n", "logfmt or plain text"},
        {"Hello, world\nGood bye, friends\n", "logfmt or plain text"},
        {"well done,she said\nyes indeed,he said\n", "logfmt or plain text"},
        {"time,user\n2026-05-11T22:20:00Z\n", "logfmt or plain text"},
        {"time,\n2026-05-11T22:20:00Z,\n", "logfmt or plain text"},
        {"time,user\n", "logfmt or plain text"},
        {"time\tuser\n2026-05-11\tana\n", "tab-separated values"},
        {"<?xml version=\"1.0\"?><events/>", "XML"},
        {"\n  <event id=\"1\">", "XML"},
        {"<!DOCTYPE html><html>", "HTML"},
        {"<134>1 2026-05-11T22:20:00Z host app - - - started\n", "syslog"},
        {"<34>Oct 11 22:14:15 host su: failed\n", "syslog"},
        {"CEF:0|Acme|Agent|1.0|100|read|3|src=10.0.0.1\n", "CEF or LEEF"},
        {"#Version: 1.0\n#Fields: date time\n", "a W3C extended log"},
        {"-----BEGIN CERTIFICATE-----\n", "PEM"},
        {"---\nuser: ana\n", "YAML"},
        {"user: ana\naction: read\n", "YAML"},
        {"- user: ana\n  action: read\n", "YAML"},
        {"12:30:00 started\n12:30:01 stopped\n", "logfmt or plain text"},
        {"[server]\nport = 1\n", "INI or TOML"},
        {"{\"user\":\"ana\"\n{\"user\"", "damaged JSON"},
        {"[1, 2\n", "damaged JSON"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(text_kind_name(span_str(rows[i].text)), rows[i].name);
    }
}

static void any_beginning_of_a_text_may_be_given(void **state UNUSED)
{
    static const char text[] = "\xef\xbb\xbf \n<34>a=b=c,d\t{\"e\":[\r\n#-- f: g\n";
    for (size_t from = 0; from < sizeof(text); from++) {
        for (size_t n = 0; from + n < sizeof(text); n++) {
            assert_non_null(text_kind_name(span_of(text + from, n)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_texts_that_are_no_json),
        cmocka_unit_test(any_beginning_of_a_text_may_be_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
