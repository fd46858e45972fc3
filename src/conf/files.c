/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.c - checks files before libconfig opens them, included ones too: they must be regular
 * files. A pipe would block the start indefinitely, and a directory ends the process inside
 * libconfig.
 */
#include "load_priv.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 10 /* limits of libconfig */, LINE_BYTES = 4096 };

/* The reason why a path is refused; NULL: it is valid. */
static const char *wrong_with(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return errno == ENOENT ? "there is no such file" : "cannot be read";
    }
    if (S_ISREG(st.st_mode)) {
        return NULL;
    }
    return S_ISDIR(st.st_mode) ? "is a directory" : "is no regular file";
}

/* Copy the path of the file that a line includes into out. False: the line includes none. */
static bool read_include(const char *line, const char *folder, char out[CONF_PATH_BYTES])
{
    line += strspn(line, " \t");
    if (strncmp(line, "@include", 8) != 0) {
        return false;
    }
    line += 8;
    line += strspn(line, " \t");
    if (*line != '"') {
        return false;
    }
    int n = (int)strcspn(line + 1, "\"\n");
    return snprintf(out, CONF_PATH_BYTES, "%s/%.*s", folder, n, line + 1) < CONF_PATH_BYTES;
}

static bool includes_ok(struct conf_reader *r, const char *path, const char *folder, int depth)
{
    char line[LINE_BYTES];
    char inner[CONF_PATH_BYTES];
    bool ok = true;
    FILE *f = fopen(path, "re");
    for (int number = 1; f != NULL && ok && fgets(line, sizeof(line), f) != NULL; number++) {
        if (!read_include(line, folder, inner)) {
            continue;
        }
        const char *why = wrong_with(inner);
        struct stat st;
        if (why != NULL && stat(inner, &st) == 0) { /* libconfig reports missing files */
            char text[CONF_PATH_BYTES + 64];
            (void)snprintf(text, sizeof(text), "@include: %s %s", inner, why);
            conf_problem_add(r->problems, path, number, false, text);
            ok = false;
        }
        ok = ok && (why != NULL || depth == MAX_DEPTH || includes_ok(r, inner, folder, depth + 1));
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return ok;
}

bool conf_file_ok(struct conf_reader *r, const char *path, const char *folder)
{
    const char *why = wrong_with(path);
    if (why != NULL) {
        conf_problem_add(r->problems, path, 0, false, why);
        return false;
    }
    return includes_ok(r, path, folder, 1);
}
