/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/inventory.h"

#define SCHEMA                                                                                     \
    "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass"
#define MANIFEST(format, schema, key)                                                              \
    "{\"sourceBucket\":\"acme-logs\",\"destinationBucket\":\"arn:aws:s3:::inv\",\"version\":"      \
    "\"2016-11-30\",\"creationTimestamp\":\"1514944800000\",\"fileFormat\":\"" format              \
    "\",\"fileSchema\":\"" schema "\",\"files\":[{\"key\":\"" key "\",\"size\":2147483647,"        \
    "\"MD5checksum\":\"f11166069f1990abeb9c97ace9cdfabc\"}]}"

static struct inventory *read_manifest(const char *text, enum err_kind kind)
{
    struct err e = {0};
    struct inventory *i = inventory_read(span_str(text), &e);
    assert_int_equal(e.kind, kind);
    assert_int_equal(i == NULL, kind != FAIL_NONE);
    return i;
}

static void reads_a_manifest(void **state UNUSED)
{
    OWNED(inventory)
    struct inventory *i =
        read_manifest(MANIFEST("CSV", SCHEMA, "inv/acme/data/x.csv.gz"), FAIL_NONE);
    assert_span_equal(inventory_bucket(i), SPAN("acme-logs"));
    assert_int_equal(inventory_files(i), 1);
    assert_span_equal(inventory_file(i, 0), SPAN("x.csv.gz"));
}

static void refuses_other_documents(void **state UNUSED)
{
    (void)read_manifest(MANIFEST("ORC", SCHEMA, "x"), FAIL_FORMAT);
    (void)read_manifest(MANIFEST("CSV", "Bucket, Size", "x"), FAIL_DATA);
    (void)read_manifest("{}", FAIL_DATA);
    (void)read_manifest("[1]", FAIL_DATA);
    (void)read_manifest("no json", FAIL_DATA);
    (void)read_manifest("{\"sourceBucket\":\"b\",\"fileFormat\":\"CSV\",\"fileSchema\":\"Key\"}",
                        FAIL_DATA);
}

/* A name of a file is no way out of the folder of the manifest. */
static void file_names_have_no_folders(void **state UNUSED)
{
    (void)read_manifest(MANIFEST("CSV", SCHEMA, "data/.."), FAIL_DATA);
    (void)read_manifest(MANIFEST("CSV", SCHEMA, "data/"), FAIL_DATA);
    (void)read_manifest(MANIFEST("CSV", SCHEMA, "a\\u0000b"), FAIL_DATA);
    OWNED(inventory)
    struct inventory *i = read_manifest(MANIFEST("CSV", SCHEMA, "../../etc/passwd"), FAIL_NONE);
    assert_span_equal(inventory_file(i, 0), SPAN("passwd"));
}

struct line_case {
    const char *line;
    enum inventory_what what;
    const char *key;
    int64_t size;
};

static void check_lines(const struct inventory *i, const struct line_case *cases, size_t count)
{
    struct buf room = BUF_INIT(2 * INVENTORY_LINE_BYTES);
    for (size_t c = 0; c < count; c++) {
        struct s3_entry entry;
        enum inventory_what what = inventory_line(i, span_str(cases[c].line), &room, &entry);
        if (what != cases[c].what) {
            print_error("line %s\n", cases[c].line);
        }
        assert_int_equal(what, cases[c].what);
        if (what == INVENTORY_OBJECT) {
            assert_span_equal(entry.key, span_str(cases[c].key));
            assert_int_equal(entry.size, cases[c].size);
        }
    }
    buf_done(&room);
}

static void reads_lines(void **state UNUSED)
{
    OWNED(inventory)
    struct inventory *i = read_manifest(MANIFEST("CSV", SCHEMA, "x"), FAIL_NONE);
    static const struct line_case cases[] = {
        {"\"acme-logs\",\"a/b%20c%2B+d%22\",\"v1\",\"true\",\"false\",\"12\","
         "\"2026-11-30T07:00:00.000Z\",\"e1\",\"STANDARD\"",
         INVENTORY_OBJECT, "a/b c+ d\"", 12},
        {"\"acme-logs\",\"k\"\"q\",\"\",\"true\",\"false\",\"\",\"\",\"\",\"GLACIER\"\r",
         INVENTORY_OBJECT, "k\"q", -1},
        {"acme-logs,k,,true,false,7,,,", INVENTORY_OBJECT, "k", 7},
        {"acme-logs,k,v,false,false,7,,,", INVENTORY_OTHER, NULL, 0},
        {"acme-logs,k,v,true,true,,,,", INVENTORY_OTHER, NULL, 0},
        {"others,k,v,true,false,7,,,", INVENTORY_OTHER, NULL, 0},
        {"acme-logs,,v,true,false,7,,,", INVENTORY_WRONG, NULL, 0},
        {"acme-logs,k", INVENTORY_WRONG, NULL, 0},
        {"acme-logs,k,v,true,false,7,,,,more", INVENTORY_WRONG, NULL, 0},
        {"\"acme-logs\",\"k", INVENTORY_WRONG, NULL, 0},
        {"\"acme-logs\"x,k,v,true,false,7,,,", INVENTORY_WRONG, NULL, 0},
        {"", INVENTORY_WRONG, NULL, 0},
    };
    check_lines(i, cases, sizeof(cases) / sizeof(cases[0]));
}

static void reads_all_members_of_a_line(void **state UNUSED)
{
    struct s3_entry entry;
    struct buf room = BUF_INIT(2 * INVENTORY_LINE_BYTES);
    OWNED(inventory)
    struct inventory *i = read_manifest(
        MANIFEST("CSV", "Key, ETag, New, StorageClass, LastModifiedDate", "x"), FAIL_NONE);
    assert_int_equal(
        inventory_line(i, SPAN("k,\"e1\",?,GLACIER,2026-11-30T07:00:00Z"), &room, &entry),
        INVENTORY_OBJECT);
    assert_span_equal(entry.etag, SPAN("e1"));
    assert_span_equal(entry.storage_class, SPAN("GLACIER"));
    assert_true(entry.modified_ns == 1796022000000000000);
    buf_done(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_manifest),
        cmocka_unit_test(refuses_other_documents),
        cmocka_unit_test(file_names_have_no_folders),
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(reads_all_members_of_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
