/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a fatal error (its sequence numbers no longer match those of the brokers) an idempotent
 * producer refuses all work. Its records are reported as failed and their objects are read again.
 * Another producer sends these records.
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
        return; /* no threads or files available; the poll thread calls this again */
    }
    rw_lock_write(&s->handles);
    struct sink_producer old = s->producer;
    s->producer = fresh;
    sink_topics_move(s);
    atomic_store(&s->fatal, false);
    rw_lock_unlock(&s->handles);
    sink_producer_destroy(&old);
}
