/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customer.json of any bytes. A customer that passes the checks is rendered: every document is JSON
 * again, and the entry is a configuration with the same values.
 */
#include "conf/load.h"
#include "onboard/render.h"

#include <libconfig.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path);
    size_t k = strlen(end);
    return n >= k && strcmp(path + n - k, end) == 0;
}

static void check_files(const struct model *m)
{
    OWNED(render) struct render *r = render_new(m, NULL);
    struct render_file file;
    while (render_next(r, &file)) {
        check(file.text.n > 0);
        if (ends_in(file.path, ".json")) {
            OWNED(tree) struct json_object *t = json_tokener_parse(file.text.p);
            check(t != NULL);
        }
    }
}

/* Reading the entry gives the values, and writing it again changes nothing. */
static void check_entry(const struct model *m)
{
    struct buf first = BUF_INIT(1 << 20);
    struct buf again = BUF_INIT(1 << 20);
    config_t c;
    const char *prefix = NULL;
    render_entry(m, SPAN(""), &first);
    render_entry(m, buf_span(&first), &again);
    check(span_eq(buf_span(&first), buf_span(&again)));
    config_init(&c);
    check(config_read_string(&c, first.p) == CONFIG_TRUE);
    check(config_lookup_string(&c, "prefix", &prefix) == CONFIG_TRUE);
    check(strcmp(prefix, model_get(m, MODEL_PREFIX)) == 0);
    config_destroy(&c);
    buf_done(&first);
    buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OWNED(model) struct model *m = model_new();
    struct buf problems = BUF_INIT(1 << 16);
    struct err e = {0};
    if (model_read(m, span_of((const char *)data, size), &e) == FAIL_NONE) {
        model_finish(m);
        if (model_check(m, &problems)) {
            check_files(m);
            check_entry(m);
        }
    } else {
        check(e.kind == FAIL_DATA);
    }
    buf_done(&problems);
    return 0;
}
