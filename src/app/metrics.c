/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/metrics.h"

#include "app/app.h"
#include "app/options.h"
#include "app/print.h"

enum { STATUS_OK = 0, TEXT_MAX_BYTES = 1024 * 1024 };

int app_metrics(int argc, char **argv)
{
    const struct usage usage = {
        "metrics", "", "Show each metric of /metrics: the table of docs/monitoring.md.", NULL, 0};
    struct operands rest;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count > 0) {
        return usage_wrong(&usage, "takes no operand '%s'", rest.list[0]);
    }
    struct buf out = BUF_INIT(TEXT_MAX_BYTES);
    metrics_reference(&out);
    return print_and_free(&out);
}
