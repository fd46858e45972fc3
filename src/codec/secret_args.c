/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords in commands: the value of -p of known clients, in a text or in a list of arguments. */
#include "secret_priv.h"

enum {
    CLIENT_REACH_BYTES = 4096, /* options further from the client's name are not its options */
    CLUSTER_MAX = 8,           /* combined letters, as in -sSLu */
    SETTING_COMMAND = 1,       /* struct secret_args: after `configure` */
    SETTING_NAME = 2,          /* ... after `configure set` */
};

/* clang-format off: one row per client */
const struct secret_client secret_clients[] = {
    {SPAN_INIT("mysql"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mysqldump"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mysqladmin"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mysqlimport"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mariadb"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mariadb-dump"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mongo"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mongosh"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mongodump"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mongorestore"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("sshpass"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("docker"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("podman"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("nerdctl"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("buildah"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("skopeo"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("helm"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("oras"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("az"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("mysqlsh"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mysqlshow"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("mysqlcheck"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("cqlsh"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("twine"), SPAN_INIT("upload"), "p", false},
    {SPAN_INIT("cf"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("oc"), SPAN_INIT("login"), "p", false},
    {SPAN_INIT("zip"), SPAN_INIT(""), "P", false},
    {SPAN_INIT("unzip"), SPAN_INIT(""), "P", false},
    {SPAN_INIT("7z"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("7za"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("7zz"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("rar"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("unrar"), SPAN_INIT(""), "p", false},
    {SPAN_INIT("ssh-keygen"), SPAN_INIT(""), "NP", false},
    {SPAN_INIT("ipmitool"), SPAN_INIT(""), "P", false},
    {SPAN_INIT("mosquitto_pub"), SPAN_INIT(""), "P", false},
    {SPAN_INIT("mosquitto_sub"), SPAN_INIT(""), "P", false},
    {SPAN_INIT("bcp"), SPAN_INIT(""), "P", false},
    {SPAN_INIT("redis-cli"), SPAN_INIT(""), "a", false},
    {SPAN_INIT("sqlcmd"), SPAN_INIT(""), "P", false},
    {SPAN_INIT("ldapsearch"), SPAN_INIT(""), "w", false},
    {SPAN_INIT("ldapmodify"), SPAN_INIT(""), "w", false},
    {SPAN_INIT("ldapadd"), SPAN_INIT(""), "w", false},
    {SPAN_INIT("ldapdelete"), SPAN_INIT(""), "w", false},
    {SPAN_INIT("ldappasswd"), SPAN_INIT(""), "ws", false},
    {SPAN_INIT("curl"), SPAN_INIT(""), "u", true},
};
/* clang-format on */
const size_t secret_clients_count = sizeof(secret_clients) / sizeof(secret_clients[0]);

static const struct secret_client *client_of(struct span word)
{
    for (size_t i = 0; i < secret_clients_count; i++) {
        if (span_eq(word, secret_clients[i].name)) {
            return &secret_clients[i];
        }
    }
    return NULL;
}

static bool is_option(const struct secret_client *c, char letter)
{
    return letter != '\0' && strchr(c->options, letter) != NULL;
}

/* Length of the option that takes a password, "-p" or "--user"; 0: another option. */
static size_t option_bytes(const struct secret_client *c, struct span t)
{
    static const struct span users[] = {SPAN_INIT("--user"), SPAN_INIT("--proxy-user")};
    for (size_t i = 0; c->pair && i < sizeof(users) / sizeof(users[0]); i++) {
        if (span_starts(t, users[i]) && (t.n == users[i].n || !is_token(t.p[users[i].n]))) {
            return users[i].n;
        }
    }
    size_t n = 1;
    while (c->pair && n < CLUSTER_MAX && n < t.n && !is_option(c, t.p[n]) && is_alnum(t.p[n])) {
        n++;
    }
    return n < t.n && is_option(c, t.p[n]) ? n + 1 : 0;
}

/* ---- in a text ---- */

static bool is_word_end(struct span t, size_t i)
{
    return i == t.n || is_space(t.p[i]) || is_quote(t.p[i]);
}

bool secret_find_client(struct secret_scan *scan, const struct secret_form *f UNUSED, size_t i,
                        size_t end, struct secret *s UNUSED)
{
    enum { LONGEST = 16 };
    struct span t = scan->text;
    while (end < t.n && end - i <= LONGEST && is_token(t.p[end])) {
        end++;
    }
    const struct secret_client *c =
        is_word_end(t, end) ? client_of(span_of(t.p + i, end - i)) : NULL;
    if (c != NULL) {
        scan->client = c;
        scan->client_at = i;
        scan->client_quote = '\0';
        scan->client_ready = c->command.n == 0;
    }
    return false;
}

bool secret_find_command(struct secret_scan *scan, const struct secret_form *f, size_t i UNUSED,
                         size_t end, struct secret *s UNUSED)
{
    scan->client_ready |= scan->client != NULL && is_word_end(scan->text, end) &&
                          span_eq(scan->client->command, f->head);
    return false;
}

/* Where the backslashes before i begin. */
static size_t slashes_begin(struct span t, size_t i)
{
    while (i > 0 && t.p[i - 1] == '\\') {
        i--;
    }
    return i;
}

static bool is_after_quoted(char c)
{
    return is_space(c) || (c != '\0' && strchr(";|&)]}", c) != NULL);
}

/*
 * A quote after a word, before a blank or the end, was opened before the client: the command ends
 * with it, as in sh -c "mysql -p x". Before a comma it is the end of an argument in a list.
 */
void secret_note_quote(struct secret_scan *scan, size_t i)
{
    struct span t = scan->text;
    size_t before = slashes_begin(t, i);
    size_t next = run_end(t, i + 1, is_quote);
    bool closing = before > 0 && !is_space(t.p[before - 1]) && t.p[before - 1] != '=' &&
                   !is_quote(t.p[before - 1]);
    if (scan->client_quote != '\0') {
        scan->client_quote = scan->client_quote == t.p[i] ? '\0' : scan->client_quote;
    } else if (closing && (next == t.n || is_after_quoted(t.p[next]))) {
        scan->client = NULL;
    } else if (!closing || t.p[next] != ',') {
        scan->client_quote = t.p[i];
    }
}

bool secret_find_quote(struct secret_scan *scan, const struct secret_form *f UNUSED, size_t i,
                       size_t end UNUSED, struct secret *s UNUSED)
{
    if (scan->client != NULL) {
        secret_note_quote(scan, i);
    }
    return false;
}

/* A separator within quotes, and a line end after a backslash, do not end the command. */
bool secret_find_command_end(struct secret_scan *scan, const struct secret_form *f UNUSED, size_t i,
                             size_t end UNUSED, struct secret *s UNUSED)
{
    struct span t = scan->text;
    size_t last = i > 0 && t.p[i] == '\n' && t.p[i - 1] == '\r' ? i - 1 : i;
    bool goes_on = last > 0 && t.p[i] == '\n' && t.p[last - 1] == '\\';
    if (scan->client_quote == '\0' && !goes_on) {
        scan->client = NULL;
    }
    return false;
}

/* The value of an option that ends at i: attached to it, or after blanks or a comma of a list. */
static size_t option_value(struct span t, size_t i)
{
    size_t k = run_end(t, i, is_quote);
    k += k > i && k < t.n && t.p[k] == ',' ? 1 : 0;
    k += k == i && k < t.n && t.p[k] == '=' ? 1 : 0;
    return run_end(t, run_end(t, k, is_space), is_quote);
}

bool secret_find_option(struct secret_scan *scan, const struct secret_form *f, size_t i,
                        size_t end UNUSED, struct secret *s)
{
    struct span t = scan->text;
    const struct secret_client *c = scan->client;
    if (c == NULL || !scan->client_ready || i - scan->client_at > CLIENT_REACH_BYTES ||
        !(is_space(t.p[i - 1]) || is_quote(t.p[i - 1]) || secret_after_blank_escape(t, i))) {
        return false;
    }
    size_t n = option_bytes(c, span_from(t, i));
    size_t from = n > 0 ? option_value(t, i + n) : t.n;
    if (from == t.n || t.p[from] == '-' || t.p[from] == ',') {
        return false;
    }
    size_t to = secret_value_end(t, from);
    if (c->pair) {
        const char *colon = memchr(t.p + from, ':', to - from);
        from = colon != NULL ? (size_t)(colon - t.p) + 1 : to;
    }
    return !secret_redacted(t, from) && secret_value(span_of(t.p + from, to - from)) &&
           secret_at(s, from, to, f->kind);
}

/* ---- in a list ---- */

static struct span last_part(struct span path)
{
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    return slash != NULL ? span_from(path, (size_t)(slash - path.p) + 1) : path;
}

/* Move *from from user:password to the password. False: there is none. */
static bool pair_value(struct span arg, size_t *from)
{
    const char *colon = memchr(arg.p + *from, ':', arg.n - *from);
    *from = colon != NULL ? (size_t)(colon - arg.p) + 1 : arg.n;
    return *from < arg.n;
}

static bool is_name(char c)
{
    return is_token(c) || c == '.';
}

/*
 * Commands whose next argument is a name, and the one after that its value: aws configure set,
 * setx, git config.
 */
static int setting_after(int setting, struct span arg)
{
    static const struct span sets[] = {SPAN_INIT("setx"), SPAN_INIT("setenv")};
    static const struct span configures[] = {SPAN_INIT("configure"), SPAN_INIT("config"),
                                             SPAN_INIT("npm"), SPAN_INIT("yarn"),
                                             SPAN_INIT("pnpm")};
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (span_eq(last_part(arg), sets[i])) {
            return SETTING_NAME;
        }
    }
    for (size_t i = 0; i < sizeof(configures) / sizeof(configures[0]); i++) {
        if (span_eq(last_part(arg), configures[i])) {
            return SETTING_COMMAND;
        }
    }
    return setting == SETTING_COMMAND && span_eq(arg, SPAN("set")) ? SETTING_NAME : 0;
}

/* Check for --password=x and DB_PASSWORD=x. *name ends before the sign, or with the argument. */
static bool assigned(struct span arg, struct span *name, size_t *from)
{
    enum { NAME_BYTES = 128 };
    size_t n = run_end(span_of(arg.p, arg.n < NAME_BYTES ? arg.n : NAME_BYTES), 0, is_name);
    *name = span_of(arg.p, n);
    *from = n + 1;
    return n > 0 && n < arg.n && arg.p[n] == '=';
}

static bool short_option(struct secret_args *a, struct span arg, size_t *from)
{
    size_t n = a->client != NULL && a->client_ready ? option_bytes(a->client, arg) : 0;
    if (n == 0) {
        return false;
    }
    a->next_is = n == arg.n;
    a->next_pair = a->client->pair;
    *from = n;
    return n < arg.n && (!a->client->pair || pair_value(arg, from));
}

static void note_client(struct secret_args *a, struct span arg)
{
    if (a->client != NULL && span_eq(arg, a->client->command)) {
        a->client_ready = true;
    } else if (a->client == NULL) {
        a->client = client_of(last_part(arg));
        a->client_ready = a->client != NULL && a->client->command.n == 0;
    }
}

/* Whether arg is or contains a secret. Sets the state for the next argument. */
static bool check_arg(struct secret_args *a, struct span arg, size_t *from)
{
    struct span name;
    bool sign = assigned(arg, &name, from);
    a->name = name.n > 0 ? secret_name(name) : SECRET_NAME_NONE;
    bool named = a->name != SECRET_NAME_NONE;
    if (sign && named) {
        return true;
    }
    if (named && a->setting == SETTING_NAME && name.n == arg.n) {
        a->next_is = true;
        a->setting = 0;
        return false;
    }
    a->setting = setting_after(a->setting, arg);
    if (arg.n > 0 && *arg.p == '-') {
        a->next_is = named && name.n == arg.n;
        a->next_pair = false;
        return !a->next_is && short_option(a, arg, from);
    }
    note_client(a, arg);
    return false;
}

bool secret_args_next(struct secret_args *a, struct span arg, size_t *from)
{
    bool is = a->next_is && arg.n > 0 && *arg.p != '-';
    bool pair = a->next_pair;
    enum secret_name kind = a->name;
    a->next_is = false;
    a->next_pair = false;
    *from = 0;
    bool secret = is ? !pair || pair_value(arg, from) : check_arg(a, arg, from);
    return secret && secret_value_of(is ? kind : a->name, span_from(arg, *from));
}
