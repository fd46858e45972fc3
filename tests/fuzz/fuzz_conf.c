/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a configuration: it is either accepted, and then it can be printed, or there is an
 * error. Includes libconfig's own parser. Texts that include other files are ignored, since files
 * of the host are not part of the input.
 */
#include "base/buf.h"
#include "conf/load.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * libconfig 1.5 leaks a string before a syntax error. A configuration is read rarely, so that is
 * accepted.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig\n";
}

enum { MAX_BYTES = 16 * 1024, PRINT_BYTES = 16 * 1024 * 1024 };

static bool names_files(const char *text)
{
    return strstr(text, "@include") != NULL || strstr(text, "file") != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MAX_BYTES) {
        return -1;
    }
    char text[MAX_BYTES + 1];
    memcpy(text, data, size);
    text[size] = '\0';
    if (names_files(text)) {
        return -1;
    }
    struct conf_problems problems = {0};
    struct conf *c = conf_load_text(text, "fuzz", &problems);
    if ((c == NULL) != (problems.errors > 0)) {
        abort();
    }
    if (c != NULL) {
        struct buf out = BUF_INIT(PRINT_BYTES);
        conf_print(c, &out);
        buf_done(&out);
    }
    conf_free(c);
    conf_problems_done(&problems);
    return 0;
}
