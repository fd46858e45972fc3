/* SPDX-License-Identifier: Apache-2.0 */
#include "base/data_file.h"

#include <stdlib.h>
#include <string.h>

const char *data_file_text(const struct data_file *files, const char *name)
{
    for (const struct data_file *f = files; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            return f->text;
        }
    }
    abort();
}
