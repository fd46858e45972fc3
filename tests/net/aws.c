/* SPDX-License-Identifier: Apache-2.0 */
#include "net/aws.h"

#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { FILES_MAX = 16, PATH_BYTES = 256, HOUR_MS = 3600 * 1000 };

static bool is_foreign(const char *variable)
{
    size_t n = strcspn(variable, "=");
    return strncmp(variable, "AWS_", 4) == 0 || strncmp(variable, "HOME=", 5) == 0 ||
           (n >= 6 && strncasecmp(variable + n - 6, "_proxy", 6) == 0);
}

static void forget_environment(void)
{
    for (size_t i = 0; environ[i] != NULL;) {
        if (!is_foreign(environ[i])) {
            i++;
            continue;
        }
        char *name = strndup(environ[i], strcspn(environ[i], "="));
        assert_non_null(name);
        assert_int_equal(unsetenv(name), 0);
        free(name);
    }
}

void aws_add_session(struct server *s, const char *id, const char *account, const char *expiration)
{
    struct buf b = BUF_INIT(4096);
    buf_addf(&b,
             "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
             "<AssumeRoleResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>"
             "secret%s</SecretAccessKey><SessionToken>token%s</SessionToken><Expiration>%s"
             "</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>",
             id, id, id, expiration);
    buf_addf(&b,
             "<Arn>arn:aws:sts::%s:assumed-role/ingest/x</Arn></AssumedRoleUser>"
             "</AssumeRoleResult></AssumeRoleResponse>",
             account);
    server_add_answer(s, "200 OK", "Content-Type: text/xml\r\n", buf_span(&b));
    buf_done(&b);
}

void aws_add_sts_error(struct server *s, const char *status, const char *code)
{
    struct buf b = BUF_INIT(4096);
    buf_addf(
        &b,
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender"
        "</Type><Code>%s</Code><Message>because</Message></Error><RequestId>rid-1</RequestId>"
        "</ErrorResponse>",
        code);
    server_add_answer(s, status, "", buf_span(&b));
    buf_done(&b);
}

static char directory[PATH_BYTES];
static char files[FILES_MAX][PATH_BYTES];

const char *aws_write_file(const char *name, const char *text)
{
    if (directory[0] == '\0') {
        (void)snprintf(directory, sizeof(directory), "/tmp/asymptote-ingest-test.XXXXXX");
        assert_non_null(mkdtemp(directory));
    }
    size_t at = 0;
    char path[2 * PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    while (at < FILES_MAX && files[at][0] != '\0' && strcmp(files[at], path) != 0) {
        at++;
    }
    assert_true(at < FILES_MAX);
    (void)snprintf(files[at], PATH_BYTES, "%.*s", PATH_BYTES - 1, path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return files[at];
}

static void remove_files(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (files[i][0] != '\0') {
            (void)unlink(files[i]);
            files[i][0] = '\0';
        }
    }
    if (directory[0] != '\0') {
        (void)rmdir(directory);
        directory[0] = '\0';
    }
}

void aws_init(struct aws *a)
{
    a->environment = environment_save();
    forget_environment();
    a->server = server_new();
    clock_manual_init(&a->now, HOUR_MS, AWS_NOW_MS);
    (void)snprintf(a->endpoint, sizeof(a->endpoint), "http://127.0.0.1:%d", server_port(a->server));
}

void aws_done(struct aws *a)
{
    server_free(a->server);
    remove_files();
    environment_restore(a->environment);
}
