/* SPDX-License-Identifier: Apache-2.0 */
/* The obvious implementation: parse with json-c, set a dozen fields, print, produce. */
#include <json.h>
#include <string.h>

#include "feed.h"

static struct json_object *child(struct json_object *o, const char *name)
{
    struct json_object *c = NULL;
    return o != NULL && json_object_object_get_ex(o, name, &c) ? c : NULL;
}

static void copy(struct json_object *to, const char *name, struct json_object *from)
{
    json_object_object_add(to, name, from != NULL ? json_object_get(from) : NULL);
}

static void add_ingest(struct json_object *event)
{
    struct json_object *in = json_object_new_object();
    copy(in, "time", child(event, "timestamp"));
    copy(in, "user", child(child(event, "user"), "name"));
    copy(in, "host", child(child(event, "endpoint"), "hostname"));
    copy(in, "os", child(child(event, "endpoint"), "os"));
    copy(in, "harness", child(child(event, "harness"), "name"));
    copy(in, "action", child(child(event, "event"), "action"));
    copy(in, "category", child(child(event, "event"), "category"));
    copy(in, "severity", child(event, "severity"));
    copy(in, "session", child(child(event, "session"), "id"));
    copy(in, "repository", child(event, "repository"));
    copy(in, "branch", child(event, "branch"));
    json_object_object_add(in, "customer", json_object_new_string("bench"));
    json_object_object_add(event, "ingest", in);
}

static int on_line(struct feed *f, const char *line, size_t n)
{
    static struct json_tokener *tok;
    if (tok == NULL) {
        tok = json_tokener_new_ex(256);
    }
    json_tokener_reset(tok);
    struct json_object *event = json_tokener_parse_ex(tok, line, (int)n);
    if (!json_object_is_type(event, json_type_object)) {
        json_object_put(event);
        return 0;
    }
    add_ingest(event);
    size_t out = 0;
    const char *text = json_object_to_json_string_length(
        event, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &out);
    feed_produce(f, text, out);
    json_object_put(event);
    return 1;
}

int main(int argc, char **argv)
{
    return feed_main(argc, argv, "jsonc", on_line);
}
