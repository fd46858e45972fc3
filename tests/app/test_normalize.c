/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "app/app.h"
#include "base/alloc.h"
#include "base/buf.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { TEXT_BYTES = 16 * 1024 * 1024 };

/* A directory for one test, and the last output of the command. */
struct place {
    char path[64];
    struct buf out;
    struct buf err;
    int standard[3]; /* duplicates of standard input, output and error, to restore them */
};

static int place_make(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    p->out.max = p->err.max = TEXT_BYTES;
    (void)snprintf(p->path, sizeof(p->path), "/tmp/normalize-test-XXXXXX");
    assert_non_null(mkdtemp(p->path));
    for (int fd = 0; fd < 3; fd++) {
        p->standard[fd] = dup(fd);
        assert_true(p->standard[fd] >= 0);
    }
    *state = p;
    return 0;
}

static void restore_standard(const struct place *p)
{
    for (int fd = 0; fd < 3; fd++) {
        assert_int_equal(dup2(p->standard[fd], fd), fd);
    }
}

static int place_remove(void **state)
{
    struct place *p = *state;
    restore_standard(p); /* a failed assertion leaves them redirected */
    for (int fd = 0; fd < 3; fd++) {
        (void)close(p->standard[fd]);
    }
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", p->path);
    assert_int_equal(system(command), 0);
    buf_done(&p->out);
    buf_done(&p->err);
    free(p);
    return 0;
}

static void put(const struct place *p, const char *name, struct span bytes)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", p->path, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    assert_int_equal(fclose(f), 0);
}

static void slurp(const char *path, struct buf *to)
{
    buf_clear(to);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *room = buf_room(to, 1024 * 1024);
    assert_non_null(room);
    to->n = fread(room, 1, 1024 * 1024, f);
    to->p[to->n] = '\0';
    assert_int_equal(fclose(f), 0);
}

/* Redirect standard descriptor `fd` to a file, until restore_standard. */
static void redirect(const char *path, int fd, int flags)
{
    int to = open(path, flags, 0600);
    assert_true(to >= 0);
    assert_int_equal(dup2(to, fd), fd);
    assert_int_equal(close(to), 0);
}

/*
 * Run a command with the words of `line`, in which '@' stands for the directory. Returns its exit
 * status.
 */
static int run(struct place *p, int (*command)(int, char **), struct span name, const char *line)
{
    char text[1024];
    char *argv[20];
    struct buf b = BUF_INIT(sizeof(text) - 1);
    buf_add(&b, name);
    buf_add_byte(&b, ' ');
    for (; *line != '\0'; line++) {
        buf_add(&b, *line == '@' ? span_str(p->path) : span_of(line, 1));
    }
    (void)snprintf(text, sizeof(text), "%s", b.p);
    buf_done(&b);
    int argc = 0;
    for (char *next = text; next != NULL; argc++) {
        argv[argc] = strsep(&next, " ");
    }
    argv[argc] = NULL;

    char out[128];
    char err[128];
    (void)snprintf(out, sizeof(out), "%s/.out", p->path);
    (void)snprintf(err, sizeof(err), "%s/.err", p->path);
    redirect(out, STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    redirect(err, STDERR_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    int status = command(argc, argv);
    assert_int_equal(fflush(stdout), 0);
    restore_standard(p);
    slurp(out, &p->out);
    slurp(err, &p->err);
    return status;
}

static int normalize(struct place *p, const char *line)
{
    return run(p, app_normalize, SPAN("normalize"), line);
}

static int sample(struct place *p, const char *line)
{
    return run(p, app_sample, SPAN("sample"), line);
}

#define EVENT(id)                                                                                  \
    "{\"vendor\":\"beacon\",\"product\":\"endpoint-agent\",\"schema_version\":\"1.0\","            \
    "\"timestamp\":\"2026-05-11T22:20:00Z\",\"event\":{\"id\":\"" id                               \
    "\",\"kind\":\"agent_runtime\",\"action\":\"tool.invoked\",\"category\":\"tool\"},"            \
    "\"severity\":\"info\",\"endpoint\":{\"os\":\"linux\"},\"harness\":{\"name\":\"codex\"}}\n"

static size_t line_count(const struct buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        n += b->p[i] == '\n' ? 1 : 0;
    }
    return n;
}

static size_t gzip(struct span text, char *to, size_t cap)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    static unsigned char in[65536];
    assert_true(text.n <= sizeof(in));
    memcpy(in, text.p, text.n);
    z.next_in = in;
    z.avail_in = (unsigned)text.n;
    z.next_out = (unsigned char *)to;
    z.avail_out = (unsigned)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = z.total_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
    return n;
}

static void names_a_format_that_is_not_read_and_fails(void **state)
{
    struct place *p = *state;
    put(p, "a", SPAN("PAR1\x15\x04\x15\x10 pages"));
    put(p, "b", SPAN("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00"));
    put(p, "c.jsonl", SPAN(EVENT("1")));
    assert_int_equal(normalize(p, "@/a @/b @/c.jsonl"), 1);
    assert_int_equal(line_count(&p->out), 1);
    assert_non_null(strstr(p->err.p, "/a: Parquet is not read; write JSON Lines"));
    assert_non_null(strstr(p->err.p, "/b: zstd window of 128 MiB, limits.zstd_window is 8 MiB; "));
    assert_int_equal(sample(p, "@/a"), 1);
    assert_non_null(strstr(p->err.p, "/a: Parquet is not read; write JSON Lines"));
}

/* An event and 440,000 lines with a digit, zstd. */
static const char few_bytes[] =
    "\x28\xb5\x2f\xfd\xa0\x93\x6d\x0d\x00\xe4\x00\x00\xa0\x7b\x22\x73\x65\x73\x73\x69"
    "\x6f\x6e\x5f\x69\x64\x22\x3a\x22\x73\x22\x7d\x0a\x31\x01\x00\xd2\xff\xcb\x1d\x13"
    "\x44\x00\x00\x00\x01\x00\xfd\xff\xf2\x0b\x04\x44\x00\x00\x00\x01\x00\xfd\xff\x39"
    "\x00\x02\x44\x00\x00\x00\x01\x00\xfd\xff\x39\x00\x02\x44\x00\x00\x00\x01\x00\xfd"
    "\xff\x39\x00\x02\x44\x00\x00\x00\x01\x00\xfd\xff\x39\x00\x02\x45\x00\x00\x00\x01"
    "\x00\x90\x6d\x39\x00\x02";

/* A configuration of the customer acme. */
static void put_conf_of(struct place *p, const char *limits, const char *customer)
{
    struct buf text = BUF_INIT(TEXT_BYTES);
    buf_add(&text,
            SPAN("aws = { region = \"eu-west-1\"; };\n"
                 "kafka = { properties = ( \"bootstrap.servers=b:9092\" ); };\n"
                 "queues = ( { name = \"q\"; "
                 "url = \"https://sqs.eu-west-1.amazonaws.com/111122223333/q\"; } );\n"
                 "customers = ( { id = \"acme\"; queue = \"q\"; prefix = \"s3://bucket/p/\"; "
                 "account_id = \"444455556666\"; role_arn = \"arn:aws:iam::444455556666:role/r\"; "
                 "external_id = \"5f0c7a52b1d94e6c8a3b\"; "));
    buf_addf(&text, "%s } );\n%s", customer, limits);
    put(p, "conf", buf_span(&text));
    buf_done(&text);
}

static void put_conf(struct place *p, const char *limits)
{
    put_conf_of(p, limits, "");
}

/* The lines of the file with the rejects, in p->out. */
static size_t read_rejects(struct place *p)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/rejects", p->path);
    slurp(path, &p->out);
    return line_count(&p->out);
}

static void a_hundred_stored_bytes_give_a_few_rejects(void **state)
{
    struct place *p = *state;
    put(p, "a.zst", span_of(few_bytes, sizeof(few_bytes) - 1));
    put_conf(p, "limits = { reject_share = 0.0; };\n");
    assert_int_equal(normalize(p, "--rejects @/rejects -c @/conf --customer acme @/a.zst"), 0);
    assert_int_equal(line_count(&p->out), 1);
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/rejects", p->path);
    slurp(path, &p->out);
    assert_int_equal(line_count(&p->out), 17);
    assert_true(p->out.n < 16 * 1024);
    assert_non_null(strstr(p->out.p, "\"line\":18,\"offset\":51,\"bytes\":879967,\"count\":439984,"
                                     "\"last_line\":440001}"));
}

static void gives_no_more_than_a_file_may_for_its_text(void **state)
{
    struct place *p = *state;
    struct buf text = BUF_INIT(TEXT_BYTES);
    for (int i = 0; i < 40000; i++) {
        buf_add(&text, SPAN("{\"session_id\":\"s\"}\n"));
    }
    put(p, "a.jsonl", buf_span(&text));
    buf_done(&text);
    assert_int_equal(normalize(p, "@/a.jsonl"), 1);
    assert_non_null(strstr(p->err.p, "/a.jsonl: more than "));
    assert_non_null(strstr(p->err.p, "which the customer's output_ratio and output_record_bytes do "
                                     "not allow"));
    assert_int_equal(sample(p, "@/a.jsonl"), 1);
    assert_non_null(strstr(p->out.p, "would not be accepted: more than "));
}

/* An event, 1,500 lines that are none, an event. */
static void put_rejects(struct place *p)
{
    struct buf text = BUF_INIT(TEXT_BYTES);
    buf_add(&text, SPAN(EVENT("1")));
    for (int i = 0; i < 1500; i++) {
        buf_add(&text, SPAN("nonsense\n"));
    }
    buf_add(&text, SPAN(EVENT("2")));
    put(p, "a.jsonl", buf_span(&text));
    buf_done(&text);
}

#define SHARE_WORDS "999 of 1000 records are rejects, more than limits.reject_share"

static void stops_above_the_share_of_rejects_as_the_worker_does(void **state)
{
    struct place *p = *state;
    put_rejects(p);
    assert_int_equal(normalize(p, "--rejects @/rejects @/a.jsonl"), 1);
    assert_non_null(strstr(p->err.p, "/a.jsonl: " SHARE_WORDS "\n"));
    assert_int_equal(line_count(&p->out), 1);
    assert_int_equal(sample(p, "@/a.jsonl"), 1);
    assert_non_null(strstr(p->out.p, "would not be accepted: " SHARE_WORDS));

    char path[128];
    (void)snprintf(path, sizeof(path), "%s/rejects", p->path);
    slurp(path, &p->out);
    assert_int_equal(line_count(&p->out), 16 + 1 + 1);
    assert_non_null(
        strstr(p->out.p, "{\"reason\":\"object\",\"detail\":\"data: " SHARE_WORDS "\""));
}

/* A run of values is one reject, but counts for all of them. */
static void the_share_of_rejects_does_not_depend_on_the_framing(void **state)
{
    static const char *const separators[] = {"\n", ",", ",\n"};
    static const char *const ends[][2] = {{"", "\n"}, {"[\n", "\n]\n"}, {"[\n", "\n]\n"}};
    struct place *p = *state;
    for (size_t i = 0; i < 3; i++) {
        struct buf text = BUF_INIT(TEXT_BYTES);
        buf_addf(&text, "%s{\"user\":\"ana\",\"action\":\"read\"}", ends[i][0]);
        for (int n = 0; n < 2000; n++) {
            buf_addf(&text, "%s{}", separators[i]);
        }
        buf_add(&text, span_str(ends[i][1]));
        put(p, "a.jsonl", buf_span(&text));
        buf_done(&text);
        assert_int_equal(normalize(p, "@/a.jsonl"), 1);
        assert_non_null(strstr(p->err.p, " records are rejects, more than limits.reject_share\n"));
    }
}

/* The reading stops at 10,000 records without an event, not at the end of the array. */
static void an_array_of_empty_elements_is_not_read_to_its_end(void **state)
{
    struct place *p = *state;
    struct buf text = BUF_INIT(TEXT_BYTES);
    buf_add(&text, SPAN("[\n{}"));
    for (int n = 0; n < 100000; n++) {
        buf_add(&text, SPAN(",{}"));
    }
    buf_add(&text, SPAN("," EVENT("1") "]\n"));
    put(p, "a.json", buf_span(&text));
    buf_done(&text);
    assert_int_equal(normalize(p, "@/a.json"), 1);
    assert_int_equal(p->out.n, 0);
    assert_non_null(strstr(p->err.p, "JSON without objects that may be events: no event in 10016 "
                                     "records; "));
}

static void put_garbage(struct place *p, const char *after)
{
    struct buf text = BUF_INIT(TEXT_BYTES);
    for (int i = 0; i < 30; i++) {
        buf_add(&text, SPAN("nonsense\n"));
    }
    buf_add(&text, span_str(after));
    put(p, "a.jsonl", buf_span(&text));
    buf_done(&text);
}

static void gives_one_reject_of_an_unreadable_file_that_the_customer_accepts(void **state)
{
    struct place *p = *state;
    const char *command = "--rejects @/rejects -c @/conf --customer acme @/a.jsonl";
    put_garbage(p, "");
    put_conf(p, "");
    assert_int_equal(normalize(p, command), 1);
    assert_int_equal(read_rejects(p), 16 + 1 + 1);

    put_conf_of(p, "", "unreadable = \"accept\";");
    assert_int_equal(normalize(p, command), 3);
    assert_non_null(strstr(p->err.p, ": no event in 30 records; "));
    assert_int_equal(read_rejects(p), 1);
    assert_non_null(strstr(p->out.p, "{\"reason\":\"object\",\"detail\":\"format: logfmt or plain "
                                     "text: no event in 30 records; "));
}

static void gives_the_rejects_before_the_first_event_whether_accepted_or_not(void **state)
{
    static const char *const settings[] = {"", "unreadable = \"accept\";"};
    struct place *p = *state;
    put_garbage(p, EVENT("1"));
    for (size_t i = 0; i < 2; i++) {
        put_conf_of(p, "", settings[i]);
        assert_int_equal(normalize(p, "--rejects @/rejects -c @/conf --customer acme @/a.jsonl"),
                         0);
        assert_int_equal(line_count(&p->out), 1);
        assert_int_equal(read_rejects(p), 16 + 1);
        assert_non_null(strstr(p->out.p, "\"count\":14,\"last_line\":30}"));
    }
}

static void gives_one_reject_of_a_bomb_without_events(void **state)
{
    struct place *p = *state;
    struct buf text = BUF_INIT(TEXT_BYTES);
    for (int i = 0; i < 9000; i++) { /* 1.1 MiB */
        buf_addf(&text, "%0128d\n", 0);
    }
    put(p, "a.jsonl", buf_span(&text));
    buf_done(&text);
    put_conf(p, "limits = { object_bytes = \"1MiB\"; };\n");
    assert_int_equal(normalize(p, "--rejects @/rejects -c @/conf --customer acme @/a.jsonl"), 1);
    assert_int_equal(read_rejects(p), 1);
    assert_non_null(strstr(p->out.p, "{\"reason\":\"bomb\","));
}

static void takes_the_share_of_rejects_from_the_configuration(void **state)
{
    struct place *p = *state;
    put_rejects(p);
    put_conf(p, "limits = { reject_share = 1.0; };\n");
    assert_int_equal(normalize(p, "-c @/conf --customer acme @/a.jsonl"), 0);
    assert_int_equal(line_count(&p->out), 2);
}

static void gives_events_and_keeps_rejects(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl", SPAN(EVENT("1") "\nnonsense\n" EVENT("2")));
    assert_int_equal(normalize(p, "--rejects @/rejects --customer acme @/a.jsonl"), 0);
    assert_int_equal(line_count(&p->out), 2);
    assert_int_equal(p->err.n, 0);
    assert_non_null(strstr(p->out.p, "\"customer\":\"acme\""));
    assert_non_null(strstr(p->out.p, "\"line\":1"));
    assert_non_null(strstr(p->out.p, "\"line\":4"));

    char path[128];
    (void)snprintf(path, sizeof(path), "%s/rejects", p->path);
    slurp(path, &p->out);
    assert_int_equal(line_count(&p->out), 1);
    assert_non_null(strstr(p->out.p, "\"reason\":\"bad_json\""));
    assert_non_null(strstr(p->out.p, "\"line\":3"));
}

static void counts_rejects_that_go_nowhere(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl", SPAN(EVENT("1") "nonsense\n[1]\n"));
    assert_int_equal(normalize(p, "@/a.jsonl"), 0);
    assert_string_equal(p->err.p, "3 lines, 1 event, 2 rejects: bad_json=1 not_an_event=1 "
                                  "(--rejects FILE keeps them)\n");
}

static void names_the_object_as_told(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl", SPAN(EVENT("1")));
    assert_int_equal(normalize(p, "@/a.jsonl"), 0);
    char want[160];
    (void)snprintf(want, sizeof(want), "\"object\":\"file://%s/a.jsonl\"", p->path);
    assert_non_null(strstr(p->out.p, want));
    assert_non_null(strstr(p->out.p, "\"customer\":\"local\""));
    assert_null(strstr(p->out.p, "\"version\""));

    assert_int_equal(sample(p, "@/a.jsonl"), 0);
    assert_non_null(strstr(p->out.p, want));

    assert_int_equal(
        normalize(p, "--object s3://b/k --object-version v7 --time 2026-01-01T00:00:00Z @/a.jsonl"),
        0);
    assert_non_null(strstr(p->out.p, "\"object\":\"s3://b/k\",\"version\":\"v7\""));
}

static void takes_the_time_of_the_file_for_records_without_one(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl",
        SPAN("{\"event\":{\"action\":\"tool.invoked\"},\"user\":{\"name\":\"u\"}}\n"));
    assert_int_equal(normalize(p, "--time 2026-01-02T03:04:05Z @/a.jsonl"), 0);
    assert_non_null(strstr(p->out.p, "\"timestamp\":\"2026-01-02T03:04:05Z\""));

    char path[128];
    (void)snprintf(path, sizeof(path), "%s/a.jsonl", p->path);
    struct timespec times[2] = {{.tv_sec = 1767323045}, {.tv_sec = 1767323045}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(normalize(p, "@/a.jsonl"), 0);
    assert_non_null(strstr(p->out.p, "\"timestamp\":\"2026-01-02T03:04:05Z\""));
    assert_non_null(strstr(p->out.p, "\"time\":\"from_object\""));
}

static void compressed_and_plain_files_give_the_same(void **state)
{
    struct place *p = *state;
    struct span text = SPAN(EVENT("1") EVENT("2") EVENT("3"));
    char packed[4096];
    put(p, "plain", text);
    put(p, "packed", span_of(packed, gzip(text, packed, sizeof(packed))));
    assert_int_equal(normalize(p, "--object x @/plain"), 0);
    struct buf plain = BUF_INIT(TEXT_BYTES);
    buf_add(&plain, buf_span(&p->out));
    assert_int_equal(normalize(p, "--object x @/packed"), 0);
    assert_int_equal(line_count(&p->out), 3);
    assert_span_equal(buf_span(&p->out), buf_span(&plain));
    buf_done(&plain);
}

static void a_cut_file_ends_in_two_rejects(void **state)
{
    struct place *p = *state;
    char packed[4096];
    size_t n = gzip(SPAN(EVENT("1") EVENT("2") EVENT("3")), packed, sizeof(packed));
    put(p, "cut", span_of(packed, n - 12)); /* within the last line */
    assert_int_equal(normalize(p, "--rejects @/rejects @/cut"), 3);
    assert_non_null(strstr(p->err.p, "/cut: gzip: "));
    assert_non_null(strstr(p->err.p, "; the worker is done with it\n"));
    assert_int_equal(sample(p, "@/cut"), 3);
    assert_int_equal(normalize(p, "--rejects @/rejects @/cut"), 3);
    assert_true(line_count(&p->out) < 3);
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/rejects", p->path);
    slurp(path, &p->out);
    assert_int_equal(line_count(&p->out), 2);
    assert_non_null(strstr(p->out.p, "\"reason\":\"bad_json\"")); /* the torn value, ... */
    assert_non_null(strstr(p->out.p, "\"bytes\":"));
    assert_non_null(strstr(p->out.p, "\"reason\":\"truncated_object\""));
}

static void a_cut_array_gives_its_whole_elements(void **state)
{
    struct place *p = *state;
    char packed[4096];
    size_t n =
        gzip(SPAN("[\n" EVENT("1") "," EVENT("2") "," EVENT("3") "]"), packed, sizeof(packed));
    put(p, "cut", span_of(packed, n - 12));
    assert_int_equal(normalize(p, "--rejects @/rejects @/cut"), 3);
    assert_non_null(strstr(p->err.p, "/cut: gzip: "));
    assert_non_null(strstr(p->err.p, "; the worker is done with it\n"));
    assert_int_equal(sample(p, "@/cut"), 3);
    assert_int_equal(normalize(p, "--rejects @/rejects @/cut"), 3);
    assert_int_equal(line_count(&p->out), 2);
    assert_non_null(strstr(p->out.p, "\"framing\":\"array\""));
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/rejects", p->path);
    slurp(path, &p->out);
    assert_int_equal(line_count(&p->out), 2);
    assert_non_null(strstr(p->out.p, "\"reason\":\"bad_json\"")); /* the torn value, ... */
    assert_non_null(strstr(p->out.p, "\"bytes\":"));
    assert_non_null(strstr(p->out.p, "\"reason\":\"truncated_object\""));
}

static void reads_a_file_that_is_not_cut_into_lines(void **state)
{
    struct place *p = *state;
    put(p, "a.json",
        SPAN("{\n  \"user\": \"ana\",\n  \"action\": \"read\"\n}\n{\n  \"user\": \"bo\",\n  "
             "\"action\": \"read\"\n}\n"));
    assert_int_equal(normalize(p, "@/a.json"), 0);
    assert_int_equal(line_count(&p->out), 2);
    assert_non_null(strstr(p->out.p, "\"line\":1,\"item\":1,\"framing\":\"document\""));
    assert_non_null(strstr(p->out.p, "\"line\":5,\"item\":1,\"framing\":\"document\""));
    assert_int_equal(p->err.n, 0);
}

static void names_what_gives_no_event_and_fails(void **state)
{
    struct place *p = *state;
    put(p, "log", SPAN("level=info msg=\"started\"\nlevel=info msg=\"stopped\"\n"));
    assert_int_equal(normalize(p, "--rejects @/rejects @/log"), 1);
    assert_int_equal(line_count(&p->out), 0);
    const char *words =
        "logfmt or plain text: no event in 2 records; write one JSON object per line";
    assert_non_null(strstr(p->err.p, words));
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/rejects", p->path);
    slurp(path, &p->out);
    assert_int_equal(line_count(&p->out), 3);
    assert_non_null(strstr(p->out.p, "\"reason\":\"object\",\"detail\":\"format: logfmt or"));
    assert_int_equal(sample(p, "@/log"), 1);
    assert_non_null(strstr(p->err.p, words));
}

/* The worker takes it as done, so neither command fails. */
static void an_empty_file_is_no_failure(void **state)
{
    struct place *p = *state;
    put(p, "none", SPAN(""));
    put(p, "blank", SPAN("\n\n"));
    assert_int_equal(normalize(p, "@/none @/blank"), 0);
    assert_int_equal(p->err.n, 0);
    assert_int_equal(sample(p, "@/none @/blank"), 0);
    assert_non_null(strstr(p->out.p, "/none: is empty"));
    assert_non_null(strstr(p->out.p, "/blank: is empty"));
}

static void the_help_says_when_a_command_fails(void **state)
{
    struct place *p = *state;
    assert_int_equal(normalize(p, "--help"), 0);
    assert_non_null(strstr(p->out.p, "1 if a file could not be read to its end, or is unreadable"));
    assert_int_equal(sample(p, "--help"), 0);
    assert_non_null(strstr(p->out.p, "0 the files would be accepted, or are empty;"));
}

static void reads_standard_input(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl", SPAN(EVENT("1")));
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/a.jsonl", p->path);
    redirect(path, STDIN_FILENO, O_RDONLY);
    assert_int_equal(normalize(p, "-"), 0);
    assert_int_equal(line_count(&p->out), 1);
    assert_non_null(strstr(p->out.p, "\"object\":\"file://-\""));
}

static void a_file_that_cannot_be_read_does_not_stop_the_others(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl", SPAN(EVENT("1")));
    assert_int_equal(normalize(p, "@/none @ @/a.jsonl"), 1);
    assert_int_equal(line_count(&p->out), 1);
    assert_non_null(strstr(p->err.p, "/none: there is no such file\n"));
    assert_non_null(strstr(p->err.p, ": is a directory; name the files in it\n"));
    assert_int_equal(sample(p, "@/none @"), 1);
    assert_non_null(strstr(p->err.p, "/none: there is no such file\n"));
    assert_non_null(strstr(p->err.p, ": is a directory; name the files in it\n"));
    assert_int_equal(normalize(p, "@/a.jsonl/b"), 1);
    assert_non_null(strstr(p->err.p, "a part of its path is no directory\n"));
    redirect("/", STDIN_FILENO, O_RDONLY);
    assert_int_equal(sample(p, "-"), 1);
    assert_non_null(strstr(p->err.p, "-: is a directory; name the files in it\n"));
    (void)close(STDIN_FILENO);
    assert_int_equal(normalize(p, "-"), 1);
    assert_non_null(strstr(p->err.p, "-: cannot be read; standard input is closed: redirect"));
}

static void wrong_usage_is_said(void **state)
{
    struct place *p = *state;
    assert_int_equal(normalize(p, "--customer Acme @/x"), 2);
    assert_int_equal(normalize(p, "--time yesterday @/x"), 2);
    assert_int_equal(normalize(p, "--customer acme"), 2);
    assert_non_null(strstr(p->err.p, "no file is given"));
    assert_int_equal(normalize(p, "-c @/none.conf @/x"), 1);
    assert_non_null(strstr(p->err.p, "none.conf: error: there is no such file"));
}

/* A customer with a mapping. */
static void a_bomb_is_said_and_is_no_success(void **state)
{
    enum { BLANKS = 100 << 20, PACKED = 1 << 20 };
    static const char event[] = "{\"user\":\"ana\",\"action\":\"read\"}\n";
    struct place *p = *state;
    char *text = mem_alloc(BLANKS);
    unsigned char *packed = mem_alloc(PACKED);
    uLongf n = PACKED;
    memset(text, ' ', BLANKS);
    memcpy(text, event, sizeof(event) - 1);
    assert_int_equal(compress2(packed, &n, (const Bytef *)text, BLANKS, 9), Z_OK);
    put(p, "bomb", span_of((const char *)packed, n));
    free(text);
    free(packed);
    assert_int_equal(normalize(p, "--rejects @/rejects @/bomb"), 1);
    assert_non_null(strstr(p->err.p, "bomb: compressed beyond limits.ratio at byte "));
    assert_non_null(strstr(p->out.p, "\"user\":{\"name\":\"ana\"}"));
    assert_int_equal(sample(p, "@/bomb"), 1);
    assert_non_null(strstr(p->out.p, "not be accepted: compressed beyond limits.ratio at byte "));
}

static void put_configuration(const struct place *p)
{
    put(p, "main.conf",
        SPAN("aws = { region = \"eu-west-1\"; };\n"
             "kafka = { properties = ( \"bootstrap.servers=x\" ); };\n"
             "queues = ( { name = \"main\"; url = \"http://127.0.0.1:1/1/q\"; } );\n"
             "customers = ( { id = \"acme\"; queue = \"main\"; prefix = \"s3://a-b/p\";"
             " account_id = \"444455556666\"; external_id = \"x-1\";"
             " role_arn = \"arn:aws:iam::444455556666:role/r\"; redact = \"secrets\";"
             " mapping = ( { field = \"user.name\"; from = [ \"wer\" ]; },"
             " { field = \"harness.name\"; value = \"acme_bot\"; } );"
             " actions = ( { word = \"RunTool\"; action = \"tool.invoked\"; } ); } );\n"));
}

static void a_customers_rules_come_from_a_configuration(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl", SPAN("{\"wer\":\"jane\",\"action\":\"RunTool\",\"x\":\"y\"}\n"));
    put_configuration(p);
    assert_int_equal(normalize(p, "-c @/main.conf --customer acme @/a.jsonl"), 0);
    assert_non_null(strstr(p->out.p, "\"user\":{\"name\":\"jane\"}"));
    assert_non_null(strstr(p->out.p, "\"action\":\"tool.invoked\""));
    assert_int_equal(normalize(p, "-c @/main.conf --customer other @/a.jsonl"), 1);
    assert_non_null(strstr(p->err.p, "customer other is not in the configuration"));
}

/* onboarding.md §5: the sample shows the customer's events, so it uses the customer's mapping. */
static void a_sample_counts_the_customers_own_names(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl",
        SPAN("{\"wer\":\"jane\",\"host\":\"h\",\"action\":\"RunTool\",\"note\":\"token="
             "topsecretvalue\"}\n"
             "{\"wer\":\"joe\"}\n"));
    put_configuration(p);
    assert_int_equal(sample(p, "--json @/a.jsonl"), 0);
    assert_null(strstr(p->out.p, "\"member\":\"wer\""));
    assert_non_null(strstr(p->out.p, "no_known_field"));

    assert_int_equal(sample(p, "--json -c @/main.conf --customer acme @/a.jsonl"), 0);
    assert_null(strstr(p->out.p, "no_known_field"));
    assert_non_null(strstr(p->out.p, "\"wer\""));
    assert_non_null(strstr(p->out.p, "(the configuration)"));
    assert_null(strstr(p->out.p, "topsecretvalue"));

    assert_int_equal(sample(p, "-c @/main.conf --customer other @/a.jsonl"), 1);
    assert_non_null(strstr(p->err.p, "customer other is not in the configuration"));
    assert_int_equal(sample(p, "--customer Acme @/a.jsonl"), 2);
}

static void a_reader_that_closes_its_pipe_is_not_an_error(void **state)
{
    struct place *p = *state;
    put(p, "a.jsonl", SPAN(EVENT("1")));
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/a.jsonl", p->path);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(close(ends[0]), 0);
    char err[128];
    (void)snprintf(err, sizeof(err), "%s/.err", p->path);
    redirect(err, STDERR_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    char command[] = "normalize";
    int status = app_normalize(2, (char *[]){command, path, NULL});
    restore_standard(p);
    assert_int_equal(close(ends[1]), 0);
    slurp(err, &p->err);
    assert_int_equal(status, 1);
    assert_int_equal(p->err.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_a_format_that_is_not_read_and_fails),
        TEST(a_hundred_stored_bytes_give_a_few_rejects),
        TEST(gives_no_more_than_a_file_may_for_its_text),
        TEST(stops_above_the_share_of_rejects_as_the_worker_does),
        TEST(the_share_of_rejects_does_not_depend_on_the_framing),
        TEST(an_array_of_empty_elements_is_not_read_to_its_end),
        TEST(takes_the_share_of_rejects_from_the_configuration),
        TEST(gives_one_reject_of_an_unreadable_file_that_the_customer_accepts),
        TEST(gives_the_rejects_before_the_first_event_whether_accepted_or_not),
        TEST(gives_one_reject_of_a_bomb_without_events),
        TEST(gives_events_and_keeps_rejects),
        TEST(counts_rejects_that_go_nowhere),
        TEST(names_the_object_as_told),
        TEST(takes_the_time_of_the_file_for_records_without_one),
        TEST(compressed_and_plain_files_give_the_same),
        TEST(a_cut_file_ends_in_two_rejects),
        TEST(a_cut_array_gives_its_whole_elements),
        TEST(reads_a_file_that_is_not_cut_into_lines),
        TEST(an_empty_file_is_no_failure),
        TEST(the_help_says_when_a_command_fails),
        TEST(names_what_gives_no_event_and_fails),
        TEST(reads_standard_input),
        TEST(a_file_that_cannot_be_read_does_not_stop_the_others),
        TEST(wrong_usage_is_said),
        TEST(a_bomb_is_said_and_is_no_success),
        TEST(a_customers_rules_come_from_a_configuration),
        TEST(a_sample_counts_the_customers_own_names),
        TEST(a_reader_that_closes_its_pipe_is_not_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
