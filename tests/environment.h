/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment.h - saves and restores the environment variables, for setup and teardown.
 *
 *     char **saved = environment_save();   (setup)
 *     ... setenv, unsetenv ...
 *     environment_restore(saved);          (teardown: also after a failed assertion)
 *
 * Neither function asserts. No other thread may use the environment meanwhile.
 */
#ifndef TESTS_ENVIRONMENT_H
#define TESTS_ENVIRONMENT_H

#include "base/span.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A copy of all variables; environment_restore frees it. */
UNUSED static char **environment_save(void)
{
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **saved = calloc(count + 1, sizeof(*saved));
    for (size_t i = 0; saved != NULL && i < count; i++) {
        saved[i] = strdup(environ[i]);
    }
    return saved;
}

UNUSED static void environment_restore(char **saved)
{
    (void)clearenv();
    for (size_t i = 0; saved[i] != NULL; i++) {
        char *value = strchr(saved[i], '=');
        if (value != NULL) {
            *value = '\0';
            (void)setenv(saved[i], value + 1, 1);
        }
        free(saved[i]);
    }
    free(saved);
}

#endif
