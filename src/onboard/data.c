/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/data.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

const char *data_text(const char *name)
{
    for (const struct data_file *f = data_files; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            return f->text;
        }
    }
    abort();
}
