/* SPDX-License-Identifier: Apache-2.0 */
/* slurp.h - files of tests/vectors: a case is a directory with its files. */
#ifndef TESTS_SLURP_H
#define TESTS_SLURP_H

#include "testing.h"

#include "base/buf.h"

#include <dirent.h>
#include <stdio.h>

enum { SLURP_MAX_BYTES = 16 * 1024 * 1024 };

/* Append the file's bytes to *out. The test fails if it cannot be read. */
UNUSED static void slurp(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fail_msg("cannot read %s", path);
        return;
    }
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof(block), f)) > 0) {
        buf_add(out, span_of(block, n));
    }
    assert_int_equal(ferror(f), 0);
    (void)fclose(f);
    assert_false(out->overflowed);
}

/* Call `check` with in and want of each case directory below `root`; there must be at least one. */
UNUSED static void slurp_cases(const char *root,
                               void (*check)(const char *name, struct span in, struct span want))
{
    DIR *dir = opendir(root);
    assert_non_null(dir);
    size_t count = 0;
    for (struct dirent *d; (d = readdir(dir)) != NULL;) {
        if (d->d_name[0] == '.') {
            continue;
        }
        char path[1024];
        struct buf in = BUF_INIT(SLURP_MAX_BYTES);
        struct buf want = BUF_INIT(SLURP_MAX_BYTES);
        (void)snprintf(path, sizeof(path), "%s/%s/in", root, d->d_name);
        slurp(path, &in);
        (void)snprintf(path, sizeof(path), "%s/%s/want", root, d->d_name);
        slurp(path, &want);
        check(d->d_name, buf_span(&in), buf_span(&want));
        buf_done(&in);
        buf_done(&want);
        count++;
    }
    (void)closedir(dir);
    assert_true(count > 0);
}

#endif
