/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a parsed file by the table. Each value is read by its row's type. After an error reading
 * continues, so that one run shows all errors.
 */
#include "load_priv.h"

#include "base/mask.h"
#include "conf/placeholder.h"
#include "conf/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *type_name(const config_setting_t *s)
{
    switch (config_setting_type(s)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "a number";
    case CONFIG_TYPE_FLOAT:
        return "a number with a fraction";
    case CONFIG_TYPE_STRING:
        return "a text";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_ARRAY:
        return "an array [ ]";
    default:
        return "a list ( )";
    }
}

/* A value that is being read into its member. */
struct slot {
    struct conf_reader *reader;
    const config_setting_t *at; /* NULL: a default or from the environment */
    const struct conf_row *row;
    const char *what;
    void *into; /* the section's struct */
};

static void *member_of(const struct slot *s)
{
    return (char *)s->into + s->row->offset;
}

static void refuse_value(const struct slot *s, const char *why)
{
    conf_error(s->reader, s->at, "%s.%s: %s", s->what, s->row->name, why);
}

static void refuse_type(const struct slot *s, const char *wanted)
{
    conf_error(s->reader, s->at, "%s.%s: must be %s, is %s", s->what, s->row->name, wanted,
               type_name(s->at));
}

static void put_integer(const struct slot *s, int64_t value)
{
    if (s->row->width == sizeof(bool)) {
        *(bool *)member_of(s) = value != 0;
    } else if (s->row->width == sizeof(int32_t)) {
        *(int32_t *)member_of(s) = (int32_t)value;
    } else {
        *(int64_t *)member_of(s) = value;
    }
}

static void put_text(const struct slot *s, const char *text)
{
    char **member = member_of(s);
    free(*member);
    *member = conf_copy(span_str(text));
}

/* Append "1MiB", "120s" or "16", in the form of the row. */
static void write_quantity(struct buf *out, const struct conf_row *row, int64_t value)
{
    if (row->type == CONF_SIZE) {
        conf_size_write(out, value);
    } else if (row->type == CONF_TIME) {
        conf_time_write(out, value * row->unit_ms);
    } else {
        buf_addf(out, "%" PRId64, value);
    }
}

static bool in_range(const struct slot *s, int64_t value)
{
    if ((s->row->least == 0 && s->row->most == 0) ||
        (value >= s->row->least && value <= s->row->most)) {
        return true;
    }
    struct buf least = BUF_INIT(100);
    struct buf most = BUF_INIT(100);
    write_quantity(&least, s->row, s->row->least);
    write_quantity(&most, s->row, s->row->most);
    if (s->row->most == INT64_MAX) {
        conf_error(s->reader, s->at, "%s.%s: must be at least %s", s->what, s->row->name, least.p);
    } else {
        conf_error(s->reader, s->at, "%s.%s: must be between %s and %s", s->what, s->row->name,
                   least.p, most.p);
    }
    buf_done(&least);
    buf_done(&most);
    return false;
}

/* Whether the text is still that of an example; reports it with what to write instead. */
static bool is_left_over(const struct slot *s, const char *text)
{
    const struct conf_row *row = s->row;
    struct span left = conf_placeholder(span_str(text));
    struct span example = span_str(row->example); /* in quotes */
    if (left.n > 0) {
        conf_error(s->reader, s->at,
                   "%s.%s: the placeholder %.*s was not replaced. What to put: %s For example %s.",
                   s->what, row->name, SPAN_FMT(left), row->text, row->example);
        return true;
    }
    if (row->unique && span_eq(span_str(text), span_of(example.p + 1, example.n - 2))) {
        conf_error(s->reader, s->at, "%s.%s: is that of the sample file. What to put: %s", s->what,
                   row->name, row->text);
        return true;
    }
    return false;
}

/* In quotes if needed. A query of what may be meant as a URL may have a token. */
static void show_value(struct buf *out, const char *text)
{
    size_t n = strcspn(text, "?");
    struct buf value = BUF_INIT(8192);
    buf_add(&value, span_of(text, n));
    if (text[n] != '\0') {
        buf_add_byte(&value, '?');
        buf_add(&value, MASK);
    }
    log_quote(out, buf_span(&value));
    buf_done(&value);
}

static void take_text(const struct slot *s, const char *text)
{
    if (is_left_over(s, text)) {
        return;
    }
    const char *why = text[0] == '\0'          ? "is empty"
                      : s->row->refuse != NULL ? s->row->refuse(text)
                                               : NULL;
    if (why == NULL) {
        put_text(s, text);
        return;
    }
    if (s->row->hidden) {
        refuse_value(s, why);
        return;
    }
    struct buf shown = BUF_INIT(8192);
    show_value(&shown, text);
    conf_error(s->reader, s->at, "%s.%s: %s %s", s->what, s->row->name,
               shown.p != NULL ? shown.p : "", why);
    buf_done(&shown);
}

static void take_size(const struct slot *s, const char *text)
{
    int64_t bytes = 0;
    if (!conf_size_read(text, &bytes)) {
        refuse_value(
            s, "is no size: write a whole number and one of B, KiB, MiB, GiB, as in \"64MiB\"");
    } else if (in_range(s, bytes)) {
        put_integer(s, bytes);
    }
}

static void take_time(const struct slot *s, const char *text)
{
    int64_t ms = 0;
    if (!conf_time_read(text, &ms)) {
        refuse_value(s,
                     "is no time: write a whole number and one of ms, s, m, h, d, as in \"120s\"");
    } else if (ms % s->row->unit_ms != 0) {
        refuse_value(s, "must be whole seconds");
    } else if (in_range(s, ms / s->row->unit_ms)) {
        put_integer(s, ms / s->row->unit_ms);
    }
}

static void take_word(const struct slot *s, const char *text)
{
    for (int i = 0; s->row->words[i] != NULL; i++) {
        if (strcmp(text, s->row->words[i]) == 0) {
            put_integer(s, i);
            return;
        }
    }
    struct buf words = BUF_INIT(1000);
    for (const char *const *w = s->row->words; *w != NULL; w++) {
        buf_addf(&words, "%s\"%s\"", w == s->row->words ? "" : w[1] != NULL ? ", " : " or ", *w);
    }
    const char *near = conf_nearest(text, s->row->words);
    conf_error(s->reader, s->at, "%s.%s: must be %s%s%s%s", s->what, s->row->name, words.p,
               near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
               near != NULL ? "\"?" : "");
    buf_done(&words);
}

/* Read a value in quotes, of any type. */
static void take_quoted(const struct slot *s, const char *text)
{
    switch (s->row->type) {
    case CONF_TEXT:
        take_text(s, text);
        break;
    case CONF_SIZE:
        take_size(s, text);
        break;
    case CONF_TIME:
        take_time(s, text);
        break;
    case CONF_WORD:
        take_word(s, text);
        break;
    case CONF_BOOL:
        put_integer(s, strcmp(text, "true") == 0);
        break;
    case CONF_COUNT:
        put_integer(s, strtoll(text, NULL, 10));
        break;
    case CONF_SHARE:
    case CONF_TEXTS:
    case CONF_PROPERTIES:
    case CONF_MAPPING:
    case CONF_ACTIONS:
        break;
    }
}

/*
 * libconfig 1.5 silently truncates integers to 32 bits. No count is that large, so a number whose
 * text has more than nine digits is refused.
 */
static bool is_cut_number(const config_setting_t *at)
{
    char file[CONF_PATH_BYTES];
    struct stat st;
    conf_source_path(at, file);
    bool regular = stat(file, &st) == 0 && S_ISREG(st.st_mode);
    FILE *f = regular ? fopen(file, "re") : NULL;
    if (f == NULL) {
        return false;
    }
    char line[1024] = "";
    unsigned wanted = config_setting_source_line(at);
    for (unsigned n = 0; n < wanted && fgets(line, sizeof(line), f) != NULL;) {
        n += strchr(line, '\n') != NULL ? 1 : 0;
    }
    (void)fclose(f);

    const char *name = config_setting_name(at);
    const char *p = name != NULL ? strstr(line, name) : NULL;
    p = p != NULL ? p + strlen(name) : line;
    p += strcspn(p, "0123456789");
    return strspn(p, "0123456789abcdefABCDEFx") > 9;
}

static void read_count(const struct slot *s)
{
    if (config_setting_type(s->at) == CONFIG_TYPE_STRING) {
        refuse_value(s, "must be a number: write it without quotes");
    } else if (config_setting_type(s->at) != CONFIG_TYPE_INT &&
               config_setting_type(s->at) != CONFIG_TYPE_INT64) {
        refuse_type(s, "a whole number");
    } else if (is_cut_number(s->at)) {
        refuse_value(s, "is too large a number");
    } else if (in_range(s, config_setting_get_int64(s->at))) {
        put_integer(s, config_setting_get_int64(s->at));
    }
}

static void read_share(const struct slot *s)
{
    int type = config_setting_type(s->at);
    if (type != CONFIG_TYPE_FLOAT && type != CONFIG_TYPE_INT) {
        refuse_type(s, "a number from 0 to 1");
        return;
    }
    double share =
        type == CONFIG_TYPE_INT ? config_setting_get_int(s->at) : config_setting_get_float(s->at);
    if (!(share >= 0 && share <= 1)) {
        refuse_value(s, "must be between 0 and 1");
    } else {
        *(double *)member_of(s) = share;
    }
}

static void read_bool(const struct slot *s)
{
    if (config_setting_type(s->at) == CONFIG_TYPE_BOOL) {
        put_integer(s, config_setting_get_bool(s->at));
    } else {
        refuse_type(s, "true or false, without quotes");
    }
}

static void read_quoted(const struct slot *s)
{
    if (config_setting_type(s->at) == CONFIG_TYPE_STRING) {
        take_quoted(s, config_setting_get_string(s->at));
        return;
    }
    bool number = config_setting_is_number(s->at);
    if (number && s->row->type == CONF_SIZE) {
        refuse_value(s, "is a size and needs quotes and a unit, as in \"64MiB\"");
    } else if (number && s->row->type == CONF_TIME) {
        refuse_value(s, "is a time and needs quotes and a unit, as in \"120s\"");
    } else if (number) {
        refuse_value(s, "is a text: write it in quotes");
    } else {
        refuse_type(s, "a text in quotes");
    }
}

/* A text of a list, copied; NULL and a complaint if it must not be. */
static char *texts_element(const struct slot *s, const char *text)
{
    if (text == NULL) {
        refuse_value(s, "has something in it that is no text in quotes");
        return NULL;
    }
    const char *why = s->row->refuse != NULL ? s->row->refuse(text) : NULL;
    if (why != NULL) {
        conf_bad_pattern(s->reader, s->at, s->what, s->row->name, text, why);
        return NULL;
    }
    return conf_copy(span_str(text));
}

/* [ "a", "b" ], ( "a", "b" ) or "a". */
static void read_texts(const struct slot *s)
{
    const char *single = config_setting_get_string(s->at);
    bool list = config_setting_is_array(s->at) || config_setting_is_list(s->at);
    unsigned n = single != NULL ? 1 : list ? (unsigned)config_setting_length(s->at) : 0;
    if (n < s->row->least || n > s->row->most) {
        conf_error(s->reader, s->at, "%s.%s: must be a list of 1 to %d texts, as in %s", s->what,
                   s->row->name, (int)s->row->most, s->row->example);
        return;
    }
    char **texts = conf_alloc((size_t)n + 1, sizeof(*texts));
    size_t count = 0;
    for (unsigned i = 0; i < n; i++) {
        texts[count] = texts_element(
            s, single != NULL ? single : config_setting_get_string_elem(s->at, (int)i));
        count += texts[count] != NULL;
    }
    *(char ***)member_of(s) = texts;
}

static void read_value(const struct slot *s)
{
    switch (s->row->type) {
    case CONF_COUNT:
        read_count(s);
        break;
    case CONF_SHARE:
        read_share(s);
        break;
    case CONF_BOOL:
        read_bool(s);
        break;
    case CONF_TEXT:
    case CONF_SIZE:
    case CONF_TIME:
    case CONF_WORD:
        read_quoted(s);
        break;
    case CONF_TEXTS:
        read_texts(s);
        break;
    case CONF_PROPERTIES:
        conf_read_properties(s->reader, s->at, member_of(s));
        break;
    case CONF_MAPPING:
        conf_read_mapping(s->reader, s->at, s->into);
        break;
    case CONF_ACTIONS:
        conf_read_actions(s->reader, s->at, s->into);
        break;
    }
}

/* Read a default as the table has it, with quotes around values that are quoted in files. */
static void take_standard(const struct slot *s)
{
    const char *text = s->row->standard;
    size_t n = strlen(text);
    bool quoted = text[0] == '"';
    char *bare = conf_copy(quoted ? span_of(text + 1, n - 2) : span_of(text, n));
    take_quoted(s, bare);
    free(bare);
}

static bool take_env(const struct slot *s)
{
    for (size_t i = 0; i < 2 && s->row->env[i] != NULL; i++) {
        const char *text = conf_env(s->row->env[i]);
        if (text != NULL) {
            struct slot from = *s;
            from.what = s->row->env[i]; /* an error names the variable */
            take_quoted(&from, text);
            return true;
        }
    }
    return false;
}

static void read_absent(const struct slot *s, const config_setting_t *group)
{
    if (take_env(s)) {
        return;
    }
    if (s->row->required) {
        conf_error(s->reader, group, "%s.%s: is missing, as in %s = %s;%s%s", s->what, s->row->name,
                   s->row->name, s->row->example, s->row->env[0] != NULL ? " or by " : "",
                   s->row->env[0] != NULL ? s->row->env[0] : "");
    } else if (s->row->standard != NULL) {
        take_standard(s);
    }
}

void conf_read_group(struct conf_reader *r, const config_setting_t *group,
                     const struct conf_section *section, const char *what, void *into)
{
    for (size_t i = 0; i < section->count; i++) {
        struct slot s = {r, NULL, &section->rows[i], what, into};
        if (group != NULL) {
            s.at = config_setting_get_member(group, s.row->name);
        }
        if (s.at != NULL) {
            read_value(&s);
        } else {
            read_absent(&s, group);
        }
    }
    if (group != NULL) {
        conf_read_unknown(r, group, section, what);
    }
}

/* A section other than `but` that has this key. NULL: there is none. */
static const struct conf_section *section_with(const char *key, const struct conf_section *but)
{
    for (int i = 0; i < CONF_SECTIONS; i++) {
        if (conf_sections[i] != but && conf_row_find(conf_sections[i], key) != NULL) {
            return conf_sections[i];
        }
    }
    return NULL;
}

void conf_read_unknown(struct conf_reader *r, const config_setting_t *group,
                       const struct conf_section *section, const char *what)
{
    const char **names = conf_alloc(section->count + 1, sizeof(*names));
    for (size_t i = 0; i < section->count; i++) {
        names[i] = section->rows[i].name;
    }
    for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++) {
        const config_setting_t *key = config_setting_get_elem(group, i);
        const char *name = config_setting_name(key);
        if (name == NULL || conf_row_find(section, name) != NULL) {
            continue;
        }
        const char *near = conf_nearest(name, names);
        const struct conf_section *other = section_with(name, section);
        if (other != NULL) {
            conf_error(r, key, "%s.%s: unknown key; it belongs to %s", what, name, other->name);
        } else if (near != NULL) {
            conf_error(r, key, "%s.%s: unknown key; did you mean %s?", what, name, near);
        } else {
            conf_error(r, key, "%s.%s: unknown key", what, name);
        }
    }
    free(names);
}
