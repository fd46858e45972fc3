/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka's properties as "name=value" (libconfig's names cannot contain dots). Each is tried
 * with librdkafka separately, so that an error is reported with its line.
 */
#include "load_priv.h"

#include "conf/placeholder.h"
#include "conf/value.h"
#include "net/sink_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX_BYTES = 64 * 1024 };

bool conf_property_is_secret(struct span name)
{
    static const char *const words[] = {
        "password",    "passphrase",
        "secret",      "ssl.key.pem",
        "private.key", "sasl.oauthbearer.config",
        "jaas",        "sasl.kerberos.kinit.cmd", /* a command line may contain a password */
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (memmem(name.p, name.n, words[i], strlen(words[i])) != NULL) {
            return true;
        }
    }
    return false;
}

static struct span trim_blanks(struct span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s = span_from(s, 1);
    }
    while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL) {
        s.n--;
    }
    return s;
}

/* The content of a small file. */
struct content {
    struct buf *text; /* without the newlines at its end */
    mode_t mode;
};

/* Read a file. False: *why has the reason. */
static bool file_read(const char *path, struct content *out, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        *why = errno == ENOENT ? "does not exist" : "cannot be read";
        return false;
    }
    struct stat st;
    ssize_t n = -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < SECRET_MAX_BYTES) {
        char *room = buf_room(out->text, SECRET_MAX_BYTES);
        n = room != NULL ? read(fd, room, SECRET_MAX_BYTES) : -1;
        out->mode = st.st_mode;
    }
    (void)close(fd);
    if (n <= 0) {
        *why = n == 0 ? "is empty" : "is not a readable file of less than 64 KiB";
        return false;
    }
    out->text->n += (size_t)n;
    out->text->n = trim_blanks(buf_span(out->text)).n;
    out->text->p[out->text->n] = '\0';
    return true;
}

static bool others_may_read(mode_t mode)
{
    return (mode & (S_IRGRP | S_IROTH)) != 0;
}

/* A property that is being read. */
struct property {
    struct conf_reader *reader;
    const config_setting_t *at;
    struct span name;
    struct buf value;
};

static bool value_from_file(struct property *p, struct span path)
{
    const char *why = NULL;
    char *name = conf_copy(path);
    struct content content = {.text = &p->value};
    bool ok = file_read(name, &content, &why);
    if (!ok) {
        conf_error(p->reader, p->at, "kafka.properties: %.*s: the file %s %s", SPAN_FMT(p->name),
                   name, why);
    } else if (conf_property_is_secret(p->name) && others_may_read(content.mode)) {
        conf_warn(p->reader, p->at,
                  "kafka.properties: %.*s: others may read the file %s: chmod 600",
                  SPAN_FMT(p->name), name);
    }
    free(name);
    return ok;
}

static bool value_from_env(struct property *p, struct span variable)
{
    char *name = conf_copy(variable);
    const char *value = conf_env(name);
    if (value != NULL) {
        buf_add(&p->value, span_str(value));
    } else {
        conf_error(p->reader, p->at, "kafka.properties: %.*s: the environment has no %s",
                   SPAN_FMT(p->name), name);
    }
    free(name);
    return value != NULL;
}

/* Warn of a secret in a file that other users may read. */
static void warn_if_readable(const struct property *p)
{
    char file[CONF_PATH_BYTES];
    struct stat st;
    conf_source_path(p->at, file);
    if (conf_property_is_secret(p->name) && stat(file, &st) == 0 && others_may_read(st.st_mode)) {
        conf_warn(p->reader, p->at,
                  "kafka.properties: %.*s: a secret in a file that others may read: chmod 600, or "
                  "write %.*s=file:PATH or =env:NAME",
                  SPAN_FMT(p->name), SPAN_FMT(p->name));
    }
}

static bool value_read(struct property *p, struct span text)
{
    static const struct span suffix = SPAN_INIT("_file");
    if (p->name.n > suffix.n && span_eq(span_from(p->name, p->name.n - suffix.n), suffix)) {
        p->name.n -= suffix.n;
        return value_from_file(p, text);
    }
    if (span_starts(text, SPAN("file:"))) {
        return value_from_file(p, span_from(text, 5));
    }
    if (span_starts(text, SPAN("env:"))) {
        return value_from_env(p, span_from(text, 4));
    }
    buf_add(&p->value, text);
    warn_if_readable(p);
    return true;
}

/*
 * All names of librdkafka, NULL-terminated, in *text, which is changed. librdkafka has no other
 * list of them than its table for people, "name   | C/P | ...".
 */
static const char **property_names(char *text)
{
    const char **names = NULL;
    size_t count = 0;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        size_t n = strcspn(line, " |");
        if (n > 0 && strchr(line, '|') != NULL) {
            line[n] = '\0';
            names = conf_grow(names, count, sizeof(*names));
            names[count++] = line;
        }
    }
    names = conf_grow(names, count, sizeof(*names));
    names[count] = NULL;
    return names;
}

/* The property that `name` is similar to. "": `name` is a property, or none is similar. */
static void property_nearest(struct span name, char *out, size_t cap)
{
    char *table = NULL;
    size_t bytes = 0;
    out[0] = '\0';
    FILE *f = open_memstream(&table, &bytes);
    if (f == NULL) {
        return;
    }
    rd_kafka_conf_properties_show(f);
    if (fclose(f) == 0) {
        const char **names = property_names(table);
        char *wrong = conf_copy(name);
        const char *near = conf_nearest(wrong, names);
        if (near != NULL && strcmp(near, wrong) != 0) {
            (void)snprintf(out, cap, "; did you mean %s?", near);
        }
        free(wrong);
        free(names);
    }
    free(table);
}

/* Whether librdkafka and the sink accept the property alone. */
static bool is_accepted(const struct property *p, const char *property)
{
    const char *const one[] = {property, NULL};
    struct sink_properties properties = {.list = one, .client_id = "check"};
    struct err e = {0};
    rd_kafka_conf_t *conf = sink_conf_new(&properties, &e);
    if (conf == NULL) {
        char near[128];
        property_nearest(p->name, near, sizeof(near));
        conf_error(p->reader, p->at, "kafka.properties: %s%s", e.text, near);
        return false;
    }
    rd_kafka_conf_destroy(conf);
    return true;
}

static bool is_duplicate(const struct property *p, char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct span other = span_of(list[i], strcspn(list[i], "="));
        if (span_eq(other, p->name)) {
            conf_error(p->reader, p->at, "kafka.properties: %.*s: is given twice",
                       SPAN_FMT(p->name));
            return true;
        }
    }
    return false;
}

/*
 * Whether a secret is a placeholder as a whole. A part of it is not checked, since a secret may
 * contain anything.
 */
static bool is_left_over(const struct property *p)
{
    struct span left = conf_placeholder(buf_span(&p->value));
    if (left.n == 0 || (conf_property_is_secret(p->name) && left.n != p->value.n)) {
        return false;
    }
    conf_error(p->reader, p->at, "kafka.properties: %.*s: the placeholder %.*s was not replaced",
               SPAN_FMT(p->name), SPAN_FMT(left));
    return true;
}

/* What is no name may have a secret: "sasl.password: c2VjcmV0=" */
static bool is_name(struct span text)
{
    static const char of_names[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = 0;
    while (n < text.n && text.p[n] != '\0' && strchr(of_names, text.p[n]) != NULL) {
        n++;
    }
    return n != 0 && n == text.n;
}

/* The element as "name=value" with its secret resolved. NULL: it is invalid. */
static char *property_read(struct conf_reader *r, const config_setting_t *at, char *const *list,
                           size_t count)
{
    const char *text = config_setting_get_string(at);
    const char *equals = text != NULL ? strchr(text, '=') : NULL;
    struct span name =
        equals != NULL ? trim_blanks(span_of(text, (size_t)(equals - text))) : SPAN("");
    if (!is_name(name)) {
        conf_error(r, at, "kafka.properties: must be texts \"name=value\"");
        return NULL;
    }
    struct property p = {
        .reader = r, .at = at, .name = name, .value = BUF_INIT((size_t)SECRET_MAX_BYTES + 1)};
    struct buf line = BUF_INIT((size_t)SECRET_MAX_BYTES * 2);
    char *property = NULL;
    if (value_read(&p, trim_blanks(span_str(equals + 1))) && !is_left_over(&p) &&
        !is_duplicate(&p, list, count)) {
        buf_add(&line, p.name);
        buf_add_byte(&line, '=');
        buf_add(&line, buf_span(&p.value));
        property = is_accepted(&p, line.p) ? conf_copy(buf_span(&line)) : NULL;
    }
    buf_done(&p.value);
    buf_done(&line);
    return property;
}

void conf_read_properties(struct conf_reader *r, const config_setting_t *list, char ***into)
{
    if (!config_setting_is_list(list) && !config_setting_is_array(list)) {
        conf_error(r, list, "kafka.properties: must be a list ( \"name=value\", \"name=value\" )");
        return;
    }
    unsigned n = (unsigned)config_setting_length(list);
    char **out = conf_alloc((size_t)n + 1, sizeof(*out));
    size_t count = 0;
    bool brokers = false;
    for (unsigned i = 0; i < n; i++) {
        const config_setting_t *at = config_setting_get_elem(list, i);
        const char *text = config_setting_get_string(at);
        struct span name =
            trim_blanks(span_of(text != NULL ? text : "", text != NULL ? strcspn(text, "=") : 0));
        brokers = brokers || span_starts(name, SPAN("bootstrap.servers")) ||
                  span_starts(name, SPAN("metadata.broker.list"));
        char *property = property_read(r, at, out, count);
        if (property != NULL) {
            out[count++] = property;
        }
    }
    if (!brokers) {
        conf_error(r, list, "kafka.properties: bootstrap.servers is missing");
    }
    *into = out;
}
