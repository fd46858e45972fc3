/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the records of a topic: their number, the bytes of their values, and the number of
 * different `ingest` members, each of which names the object and the line of a record. So a run
 * that lost one record and duplicated another one is detected.
 *
 *     bench_count BROKERS TOPIC     ->  {"records":N,"bytes":N,"distinct":N}
 *
 * `distinct` counts hashes of 64 bits. Among ten million records the probability of a collision is
 * 1 : 400,000. A record without `ingest` is hashed as a whole.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    BATCH = 10000,
    WAIT_MS = 10000,
    BATCH_MS = 50, /* maximum wait for a batch that is not full */
    FIRST_SLOTS = 1 << 16,
};

#define MARK ",\"ingest\":{"

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench_count: %s: %s\n", what, why);
    exit(1);
}

/* A set of hashes with open addressing; 0 is a free slot. */
struct set {
    uint64_t *slots;
    size_t size, used;
};

static void set_put(struct set *s, uint64_t hash)
{
    size_t at = hash & (s->size - 1);
    while (s->slots[at] != 0 && s->slots[at] != hash) {
        at = (at + 1) & (s->size - 1);
    }
    s->used += s->slots[at] == 0;
    s->slots[at] = hash;
}

static void set_grow(struct set *s)
{
    struct set wide = {.size = s->size == 0 ? FIRST_SLOTS : 2 * s->size};
    wide.slots = calloc(wide.size, sizeof(*wide.slots));
    if (wide.slots == NULL) {
        die("memory", "none");
    }
    for (size_t i = 0; i < s->size; i++) {
        if (s->slots[i] != 0) {
            set_put(&wide, s->slots[i]);
        }
    }
    free(s->slots);
    *s = wide;
}

static void set_add(struct set *s, uint64_t hash)
{
    if (2 * s->used >= s->size) {
        set_grow(s);
    }
    set_put(s, hash != 0 ? hash : 1);
}

/* Searches for the last MARK: `ingest` is the last member, and its own text is short. */
static uint64_t record_hash(const char *value, size_t n)
{
    const size_t mark = strlen(MARK);
    for (size_t at = n; at >= mark; at--) {
        const char *p = value + at - mark;
        if (*p == ',' && memcmp(p, MARK, mark) == 0) {
            return XXH3_64bits(p, n - (at - mark));
        }
    }
    return XXH3_64bits(value, n);
}

static rd_kafka_t *consumer_new(const char *brokers)
{
    const char *const props[][2] = {
        {"bootstrap.servers", brokers},  {"group.id", "bench-count"},
        {"enable.auto.commit", "false"}, {"queued.max.messages.kbytes", "65536"},
        {"check.crcs", "true"},
    };
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof(props) / sizeof(props[0]); i++) {
        if (rd_kafka_conf_set(conf, props[i][0], props[i][1], why, sizeof(why)) !=
            RD_KAFKA_CONF_OK) {
            die(props[i][0], why);
        }
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (rk == NULL) {
        die("librdkafka", why);
    }
    return rk;
}

static int partitions_of(rd_kafka_t *rk, rd_kafka_topic_t *topic)
{
    const struct rd_kafka_metadata *m = NULL;
    rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 0, topic, &m, WAIT_MS);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR || m->topic_cnt != 1 ||
        m->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        die("topic", rd_kafka_err2str(e));
    }
    int count = m->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(m);
    return count;
}

struct tally {
    uint64_t records, bytes;
    struct set seen;
};

static void partition_count(rd_kafka_topic_t *topic, int partition, int64_t end, struct tally *t)
{
    static rd_kafka_message_t *batch[BATCH];
    if (rd_kafka_consume_start(topic, partition, RD_KAFKA_OFFSET_BEGINNING) != 0) {
        die("consume", rd_kafka_err2str(rd_kafka_last_error()));
    }
    int empty = 0;
    for (int64_t next = 0; next < end;) {
        ssize_t n = rd_kafka_consume_batch(topic, partition, BATCH_MS, batch, BATCH);
        empty = n > 0 ? 0 : empty + 1;
        if (n < 0 || empty > WAIT_MS / BATCH_MS) {
            die("consume", "nothing came for ten seconds");
        }
        for (ssize_t i = 0; i < n; i++) {
            const rd_kafka_message_t *m = batch[i];
            if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                t->records++;
                t->bytes += m->len;
                set_add(&t->seen, record_hash(m->payload, m->len));
                next = m->offset + 1;
            } else {
                die("record", rd_kafka_err2str(m->err));
            }
            rd_kafka_message_destroy(batch[i]);
        }
    }
    (void)rd_kafka_consume_stop(topic, partition);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s BROKERS TOPIC\n", argv[0]);
        return 2;
    }
    struct tally t = {0};
    rd_kafka_t *rk = consumer_new(argv[1]);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);
    int count = partitions_of(rk, topic);
    for (int p = 0; p < count; p++) {
        int64_t low = 0;
        int64_t high = 0;
        rd_kafka_resp_err_t e =
            rd_kafka_query_watermark_offsets(rk, argv[2], p, &low, &high, WAIT_MS);
        if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
            die("offsets", rd_kafka_err2str(e));
        }
        partition_count(topic, p, high, &t);
    }
    (void)printf("{\"records\":%llu,\"bytes\":%llu,\"distinct\":%zu}\n",
                 (unsigned long long)t.records, (unsigned long long)t.bytes, t.seen.used);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    free(t.seen.slots);
    return 0;
}
