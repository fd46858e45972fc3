/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As little code as possible between the libraries: no limits, no retries, and any error ends the
 * program.
 */
#include "feed.h"

#include <dirent.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <isa-l/igzip_lib.h>

#include "stopwatch.h"

enum { BLOCK_BYTES = 64 * 1024, LONGEST_LINE = 1024 * 1024 };

struct feed {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    feed_line_fn *on_line;
    uint64_t records, bytes, failed;
    char carry[LONGEST_LINE + FEED_SLACK];
    size_t carried;
};

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct feed *f = opaque;
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        f->failed++;
    }
}

static void kafka_open(struct feed *f, const char *brokers, const char *topic)
{
    static const char *const props[][2] = {
        {"acks", "all"},
        {"enable.idempotence", "true"},
        {"compression.codec", "lz4"},
        {"linger.ms", "100"},
        {"queue.buffering.max.kbytes", "65536"},
        {"queue.buffering.max.messages", "1000000"},
        {"message.timeout.ms", "0"},
        {"log_level", "3"},
    };
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof(props) / sizeof(props[0]); i++) {
        if (rd_kafka_conf_set(conf, props[i][0], props[i][1], why, sizeof(why)) !=
            RD_KAFKA_CONF_OK) {
            die(props[i][0], why);
        }
    }
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why));
    if (strcmp(brokers, "mock") == 0) { /* measures the client without a broker */
        (void)rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof(why));
    }
    rd_kafka_conf_set_opaque(conf, f);
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    f->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (f->rk == NULL) {
        die("librdkafka", why);
    }
    f->topic = rd_kafka_topic_new(f->rk, topic, NULL);
}

void feed_produce(struct feed *f, const void *value, size_t n)
{
    while (rd_kafka_produce(f->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            (void *)(uintptr_t)value, n, "bench", 5, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            die("produce", rd_kafka_err2str(rd_kafka_last_error()));
        }
        (void)rd_kafka_poll(f->rk, 100);
    }
    if ((++f->records & 255) == 0) {
        (void)rd_kafka_poll(f->rk, 0);
    }
}

static void on_text(struct feed *f, const char *p, size_t n)
{
    f->bytes += n;
    while (n > 0) {
        const char *end = memchr(p, '\n', n);
        size_t part = end != NULL ? (size_t)(end - p) : n;
        const char *line = p;
        size_t line_n = part;
        if (end == NULL || f->carried > 0) {
            if (part > LONGEST_LINE - f->carried) {
                die("line", "too long");
            }
            memcpy(f->carry + f->carried, p, part);
            f->carried += part;
            line = f->carry;
            line_n = f->carried;
        }
        if (end == NULL) {
            return;
        }
        if (!f->on_line(f, line, line_n)) {
            f->failed++;
        }
        f->carried = 0;
        p += part + 1;
        n -= part + 1;
    }
}

/*
 * CPU seconds of this process's threads with this name so far: librdkafka's mock broker runs in
 * this process.
 */
static double threads_cpu_s(const char *name)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned long long ns = 0;
    for (const struct dirent *e = NULL; tasks != NULL && (e = readdir(tasks)) != NULL;) {
        char path[300];
        char comm[32] = "";
        unsigned long long on_cpu = 0;
        (void)snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
        FILE *f = fopen(path, "r");
        if (f == NULL || fscanf(f, "%31s", comm) != 1 || strcmp(comm, name) != 0) {
            comm[0] = '\0';
        }
        (void)(f != NULL && fclose(f));
        (void)snprintf(path, sizeof(path), "/proc/self/task/%s/schedstat", e->d_name);
        f = comm[0] != '\0' ? fopen(path, "r") : NULL;
        if (f != NULL && fscanf(f, "%llu", &on_cpu) == 1) {
            ns += on_cpu;
        }
        (void)(f != NULL && fclose(f));
    }
    (void)(tasks != NULL && closedir(tasks));
    return (double)ns / 1e9;
}

static void on_file(struct feed *f, const char *path)
{
    static char block[BLOCK_BYTES + FEED_SLACK];
    static struct inflate_state z;
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        die(path, "cannot be read");
    }
    size_t n = (size_t)st.st_size;
    uint8_t *in = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (in == MAP_FAILED) {
        die(path, "cannot be mapped");
    }
    size_t used = 0;
    while (used < n) { /* one iteration per gzip member */
        isal_inflate_init(&z);
        z.crc_flag = ISAL_GZIP;
        z.next_in = in + used;
        z.avail_in = (uint32_t)(n - used);
        do {
            z.next_out = (uint8_t *)block;
            z.avail_out = BLOCK_BYTES;
            if (isal_inflate(&z) < 0) {
                die(path, "is damaged");
            }
            on_text(f, block, BLOCK_BYTES - z.avail_out);
        } while (z.block_state != ISAL_BLOCK_FINISH);
        used = n - z.avail_in;
    }
    (void)munmap(in, n);
    (void)close(fd);
}

int feed_main(int argc, char **argv, const char *name, feed_line_fn *on_line)
{
    if (argc < 4) {
        (void)fprintf(stderr, "usage: %s BROKERS|mock TOPIC FILE.gz...\n", argv[0]);
        return 2;
    }
    struct feed *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        die("memory", "none");
    }
    f->on_line = on_line;
    kafka_open(f, argv[1], argv[2]);
    feed_produce(f, "{}", 2); /* connection, metadata and producer id are not measured */
    (void)rd_kafka_flush(f->rk, 60000);
    f->records = 0;

    double mock = threads_cpu_s("rdk:mock");
    double cpu = stopwatch_cpu_s();
    double wall = stopwatch_wall_s();
    for (int i = 3; i < argc; i++) {
        on_file(f, argv[i]);
    }
    if (rd_kafka_flush(f->rk, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR || f->failed > 0) {
        die("run", "records were lost or unreadable");
    }
    cpu = stopwatch_cpu_s() - cpu;
    stopwatch_report(name, f->records, f->bytes, cpu - (threads_cpu_s("rdk:mock") - mock),
                     stopwatch_wall_s() - wall);
    rd_kafka_topic_destroy(f->topic);
    rd_kafka_destroy(f->rk);
    free(f);
    return 0;
}
