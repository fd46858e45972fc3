/* SPDX-License-Identifier: Apache-2.0 */
#include "app/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void harden_process(void)
{
    struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    struct rlimit now;
    if (getrlimit(RLIMIT_CORE, &now) != 0 || now.rlim_max != 0) {
        (void)setrlimit(RLIMIT_CORE, &none); /* a lower limit is always allowed */
    }
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
