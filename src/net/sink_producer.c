/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An idempotent producer that met a fatal error (its sequence numbers no longer fit what the
 * brokers have) refuses all work from then on. Its records are reported as failed, their objects
 * are read again, and a new producer takes them.
 */
#include "sink_priv.h"

#include "base/lock.h"

enum err_kind sink_producer_make(struct sink *s, struct sink_producer *p, struct err *e)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(s->conf);
    p->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (p->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return err_set(e, FAIL_CONFIG, "kafka: %s", text);
    }
    p->events = rd_kafka_queue_get_main(p->handle);
    sink_token_start(p->handle);
    return FAIL_NONE;
}

void sink_producer_destroy(struct sink_producer *p)
{
    rd_kafka_queue_destroy(p->events);
    rd_kafka_destroy(p->handle);
}

void sink_producer_replace(struct sink *s)
{
    struct sink_producer fresh;
    struct err e;
    if (sink_producer_make(s, &fresh, &e) != FAIL_NONE) {
        return; /* out of threads or files just now; the poll thread comes here again */
    }
    rwlock_write(&s->handles);
    struct sink_producer old = s->producer;
    s->producer = fresh;
    sink_topics_move(s);
    atomic_store(&s->fatal, false);
    rwlock_unlock(&s->handles);
    sink_producer_destroy(&old);
}
