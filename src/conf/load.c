/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files into a checked struct conf. */
#include "conf/load.h"

#include "load_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct conf_reader reader_of(const char *name, struct conf_problems *problems)
{
    return (struct conf_reader){
        .conf = conf_alloc(1, sizeof(struct conf)), .problems = problems, .name = name};
}

/* Close the files, and return the configuration if there was no error. */
static struct conf *reader_done(struct conf_reader *r)
{
    for (size_t i = 0; i < r->file_count; i++) {
        config_destroy(r->files[i]);
        free(r->files[i]);
    }
    free(r->files);
    free(r->queue_at);
    free(r->customer_at);
    conf_problems_sort(r->problems);
    if (r->problems->errors == 0) {
        return r->conf;
    }
    conf_free(r->conf);
    return NULL;
}

static config_t *file_new(struct conf_reader *r)
{
    config_t *f = conf_alloc(1, sizeof(*f));
    config_init(f);
    r->files = conf_grow(r->files, r->file_count, sizeof(config_t *));
    r->files[r->file_count++] = f;
    return f;
}

/* Report libconfig's syntax error. libconfig stops at the first one. */
static void say_syntax(struct conf_reader *r, const config_t *f)
{
    const char *file = config_error_file(f);
    conf_problem_add(r->problems, file != NULL ? file : r->name, config_error_line(f), false,
                     config_error_text(f));
}

static const config_setting_t *file_parse(struct conf_reader *r, const char *path)
{
    char *folder = conf_beside(path, "");
    bool ok = conf_file_ok(r, path, folder);
    config_t *f = ok ? file_new(r) : NULL;
    if (ok) {
        config_set_include_dir(f, folder);
    }
    free(folder);
    if (!ok) {
        return NULL;
    }
    if (config_read_file(f, path) == CONFIG_TRUE) {
        return config_root_setting(f);
    }
    if (config_error_type(f) == CONFIG_ERR_FILE_IO) {
        conf_problem_add(r->problems, path, 0, false, "cannot be read");
    } else {
        say_syntax(r, f);
    }
    return NULL;
}

static bool has_suffix(const struct dirent *entry, struct span suffix)
{
    struct span name = span_str(entry->d_name);
    return name.p[0] != '.' && name.n > suffix.n &&
           span_eq(span_from(name, name.n - suffix.n), suffix);
}

static int is_conf_file(const struct dirent *entry)
{
    return has_suffix(entry, SPAN(".conf"));
}

static int is_pending_file(const struct dirent *entry)
{
    return has_suffix(entry, SPAN(".pending"));
}

/*
 * Whether a file of customers.d/ is in it: a link may lead to another file of the folder, as those
 * of a ConfigMap of Kubernetes do, but not to another place, where other users may write.
 */
static bool is_inside(const char *folder, const char *path)
{
    char *real_folder = realpath(folder, NULL);
    char *real = realpath(path, NULL);
    size_t n = real_folder != NULL ? strlen(real_folder) : 0;
    bool inside = n != 0 && real != NULL && strncmp(real, real_folder, n) == 0 && real[n] == '/';
    free(real_folder);
    free(real);
    return inside;
}

/* A link whose file exists, but elsewhere. Other faults of a path are found when it is opened. */
static bool leads_out(const char *folder, const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && stat(path, &st) == 0 &&
           !is_inside(folder, path);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Parse a file of customers.d/, which another program may be writing or removing. */
static const config_setting_t *entry_parse(struct conf_reader *r, const char *folder,
                                           const char *path)
{
    struct stat before = {.st_size = 0};
    struct stat after;
    if (leads_out(folder, path)) {
        conf_problem_add(r->problems, path, 0, false,
                         "is a symbolic link out of customers.d; copy the file into it");
        return NULL;
    }
    if (lstat(path, &before) != 0 && errno == ENOENT) {
        conf_problem_add(r->problems, path, 0, false,
                         "was removed while the files were read; read them again");
        return NULL;
    }
    (void)stat(path, &before);
    const config_setting_t *root = file_parse(r, path);
    if (root != NULL && (stat(path, &after) != 0 || !same_file(&before, &after))) {
        conf_problem_add(r->problems, path, 0, false,
                         "was changed while it was read; write to another name and rename it");
        return NULL;
    }
    return root;
}

/* Whether a pending file has an error, which an earlier attempt found. */
static bool is_left_out(const struct conf_problems *left_out, const char *file)
{
    for (size_t i = 0; left_out != NULL && i < left_out->count; i++) {
        if (strcmp(left_out->list[i].file, file) == 0) {
            return true;
        }
    }
    return false;
}

/* Read one customer from each file of customers.d/, in the order of the file names. */
static void read_folder(struct conf_reader *r, const char *path,
                        int (*wanted)(const struct dirent *entry),
                        const struct conf_problems *left_out)
{
    char *folder = conf_beside(path, "customers.d");
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, wanted, alphasort);
    if (n < 0 && errno != ENOENT) {
        conf_problem_add(r->problems, folder, 0, false, "cannot be read");
    }
    for (int i = 0; i < n; i++) {
        struct buf file = BUF_INIT(8192);
        buf_addf(&file, "%s/%s", folder, entries[i]->d_name);
        const config_setting_t *root =
            is_left_out(left_out, file.p) ? NULL : entry_parse(r, folder, file.p);
        if (root != NULL && config_setting_length(root) == 0) {
            conf_problem_add(
                r->problems, file.p, 0, false,
                "is empty; the keys of one customer belong here, as in id = \"acme\";");
        } else if (root != NULL) {
            conf_read_customer(r, root);
        }
        buf_done(&file);
        free(entries[i]);
    }
    free(entries);
    free(folder);
}

/*
 * left_out: NULL, or to read the pending entries too, without these. They come after the others, so
 * that of two customers in conflict the pending one has the error.
 */
static struct conf *load_file(const char *path, const struct conf_problems *left_out,
                              struct conf_problems *problems)
{
    struct conf_reader r = reader_of(path, problems);
    const config_setting_t *root = file_parse(&r, path);
    if (root != NULL) {
        conf_read_root(&r, root);
        read_folder(&r, path, is_conf_file, NULL);
        if (left_out != NULL) {
            read_folder(&r, path, is_pending_file, left_out);
        }
        conf_finish(&r);
        conf_check(&r, root);
    }
    struct conf *c = reader_done(&r);
    if (c != NULL) {
        c->file = realpath(path, NULL);
    }
    return c;
}

struct conf *conf_load(const char *path, struct conf_problems *problems)
{
    return load_file(path, NULL, problems);
}

static bool is_pending_path(const char *file)
{
    struct span name = span_str(file);
    const struct span end = SPAN(".pending");
    return name.n > end.n && span_eq(span_from(name, name.n - end.n), end);
}

/* Add the errors of pending files to left_out. False: there is none. */
static bool leave_out(struct conf_problems *left_out, const struct conf_problems *found)
{
    bool any = false;
    for (size_t i = 0; i < found->count; i++) {
        const struct conf_problem *p = &found->list[i];
        if (!p->warning && is_pending_path(p->file)) {
            conf_problem_add(left_out, p->file, p->line, false, p->text);
            any = true;
        }
    }
    return any;
}

/* Each attempt leaves out one file or more that the one before had. */
struct conf *conf_load_pending(const char *path, struct conf_problems *left_out,
                               struct conf_problems *problems)
{
    for (;;) {
        struct conf *c = load_file(path, left_out, problems);
        size_t before = left_out->count;
        if (c != NULL || !leave_out(left_out, problems) || left_out->count == before) {
            return c;
        }
        conf_problems_done(problems);
    }
}

struct conf *conf_load_text(const char *text, const char *name, struct conf_problems *problems)
{
    struct conf_reader r = reader_of(name, problems);
    config_t *f = file_new(&r);
    if (config_read_string(f, text) == CONFIG_TRUE) {
        const config_setting_t *root = config_root_setting(f);
        conf_read_root(&r, root);
        conf_finish(&r);
        conf_check(&r, root);
    } else {
        say_syntax(&r, f);
    }
    return reader_done(&r);
}
