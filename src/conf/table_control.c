/* SPDX-License-Identifier: Apache-2.0 */
/* The section of the control socket; the others are in table.c. */
#include "conf/conf.h"
#include "conf/refuse.h"
#include "conf/table.h"

static const struct conf_row control_rows[] = {
    {.name = "socket",
     .type = CONF_TEXT,
     MEMBER(conf, control.socket),
     .fixed = true,
     .shown = true,
     .derived = "off",
     .refuse = refuse_socket,
     .example = "\"/run/asymptote-ingest/control.sock\"",
     .text = "Path of a unix socket for the commands status, control, tap and diagnose "
             "(docs/status.md). Its folder and those above it belong to root or to the worker's "
             "user. No other user may write to it, nor to those above it without sticky bit."},
    {.name = "group",
     .type = CONF_BOOL,
     MEMBER(conf, control.group),
     .fixed = true,
     .standard = "false",
     .example = "true",
     .text = "Let the worker's group use the socket, too (mode 0660 instead of 0600)."},
};

const struct conf_section conf_control_section = {
    "control", false, control_rows, sizeof(control_rows) / sizeof(control_rows[0]),
    "Control of the running worker from the same host."};
