// SPDX-License-Identifier: Apache-2.0
// The composed limit: inflate, simdjson's DOM, produce of the same bytes. Nothing is looked at.
#include <simdjson.h>

#include "feed.h"

static int on_line(struct feed *f, const char *line, size_t n)
{
    static simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(line, n, false).get(root) != simdjson::SUCCESS) {
        return 0;
    }
    feed_produce(f, line, n);
    return 1;
}

int main(int argc, char **argv)
{
    return feed_main(argc, argv, "limit", on_line);
}
