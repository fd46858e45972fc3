/* SPDX-License-Identifier: Apache-2.0 */
/* The section of metrics; the others are in table.c. */
#include "conf/conf.h"
#include "conf/refuse.h"
#include "conf/table.h"

enum { HOSTS_MAX = 16 };

static const struct conf_row metrics_rows[] = {
    {.name = "listen",
     .type = CONF_TEXT,
     MEMBER(conf, metrics.listen),
     .fixed = true,
     .shown = true,
     .derived = "off",
     .refuse = refuse_listen,
     .example = "\"127.0.0.1:9464\"",
     .text = "Where it listens: \"HOST:PORT\", \"[::1]:PORT\", \":PORT\" for all addresses. There "
             "is no "
             "password and no TLS: only for this machine or a private network."},
    {.name = "hosts",
     .type = CONF_TEXTS,
     MEMBER(conf, metrics.hosts),
     .fixed = true,
     .derived = "none",
     .least = 1,
     .most = HOSTS_MAX,
     .example = "[ \"ingest.example.com\" ]",
     .text = "Names by which clients may call it, in the header Host, besides addresses, localhost "
             "and the machine's name. Others are answered with 421 if `listen` is a loopback "
             "address, or if names are given here: a page in a browser cannot read the status by "
             "a name that it lets resolve to this machine."},
    {.name = "stalled_after",
     .type = CONF_TIME,
     MEMBER(conf, metrics.stalled_after_ms),
     .fixed = true,
     .derived = "300s, or ten times limits.idle_timeout if that is more",
     .least = 1000,
     .most = 86400000,
     .unit_ms = 1,
     .example = "\"600s\"",
     .text = "A busy thread without progress for longer than this makes /healthz answer 503. "
             "Waiting for Kafka does not count."},
    {.name = "unready_after",
     .type = CONF_TIME,
     MEMBER(conf, metrics.unready_after_ms),
     .standard = "\"60s\"",
     .fixed = true,
     .least = 0,
     .most = 86400000,
     .unit_ms = 1,
     .example = "\"5min\"",
     .text = "/readyz answers 503 when no broker of Kafka, or no queue of SQS, has answered for "
             "this time, and again 200 when one has answered for a sixth of it. Before the first "
             "answer it is 503. 0: at once."},
    {.name = "queue_interval",
     .type = CONF_TIME,
     MEMBER(conf, metrics.queue_interval_ms),
     .standard = "\"60s\"",
     .fixed = true,
     .least = 1000,
     .most = 86400000,
     .unit_ms = 1,
     .example = "\"300s\"",
     .text = "How often SQS is queried for each queue's visible messages and those in flight; one "
             "request per queue."},
    {.name = "runbook",
     .type = CONF_TEXT,
     MEMBER(conf, metrics.runbook),
     .fixed = true,
     .derived = "docs/runbook.md, as text",
     .refuse = refuse_address,
     .example = "\"https://wiki.example.com/asymptote-ingest/runbook.md\"",
     .text =
         "Where your copy of docs/runbook.md is. Status page, status and /status.json show for "
         "each customer that is not fresh the section about its state: with this they link it."},
};

const struct conf_section conf_metrics_section = {
    "metrics", false, metrics_rows, sizeof(metrics_rows) / sizeof(metrics_rows[0]),
    "What the worker tells of itself over HTTP: /metrics for Prometheus, /healthz and /readyz for "
    "probes (docs/monitoring.md)."};
