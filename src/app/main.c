/* SPDX-License-Identifier: Apache-2.0 */
#include "app/app.h"

#include <stdio.h>

int app_main(int argc, char **argv)
{
    (void)argv;
    (void)fprintf(stderr, "asymptote-ingest " INGEST_VERSION ": no commands yet\n");
    return argc > 0 ? 2 : 1;
}
