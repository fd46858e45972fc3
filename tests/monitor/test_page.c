/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "monitor/page.h"

#include <stdio.h>

enum { PAGE_BYTES = 1024 * 1024, CUSTOMERS = 4 };

#define S(n) (INT64_C(1000) * (n))
#define NOW S(1790000000)

static struct {
    struct snapshot s;
    struct snapshot_customer customers[CUSTOMERS];
    struct customer of[CUSTOMERS];
    struct history *h;
    struct buf page;
} w;

/* Ids of a configuration have no markup; a page does not rely on that. */
static const char *const ids[CUSTOMERS] = {"<i>fine</i>", "dead", "slow", "quiet"};

static int set_up(void **state UNUSED)
{
    memset(&w, 0, sizeof(w));
    w.page = (struct buf)BUF_INIT(PAGE_BYTES);
    w.h = history_new();
    w.s.wall_ms = NOW;
    w.s.started_ms = NOW - S(100000);
    w.s.customers = w.customers;
    w.s.customer_count = CUSTOMERS;
    for (uint32_t i = 0; i < CUSTOMERS; i++) {
        struct snapshot_customer *c = &w.customers[i];
        w.of[i].slot = i;
        c->customer = &w.of[i];
        c->id = span_str(ids[i]);
        c->visible = -1;
        stats_set(&c->stats.notified_ms, (uint64_t)(NOW - S(10)));
        stats_set(&c->stats.delivered_ms, (uint64_t)(NOW - S(10)));
    }
    return 0;
}

static int tear_down(void **state UNUSED)
{
    buf_done(&w.page);
    history_free(w.h);
    return 0;
}

static const char *page(const char *state, const char *id, size_t offset, size_t limit)
{
    struct status_query q = {
        .state = span_str(state), .id = span_str(id), .offset = offset, .limit = limit};
    buf_clear(&w.page);
    page_write(&w.s, w.h, &q, &w.page);
    assert_false(w.page.overflowed);
    return w.page.p;
}

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        n++;
    }
    return n;
}

static void says_first_whether_all_are_fresh(void **state UNUSED)
{
    assert_non_null(strstr(page("", "", 0, 100), "class=\"verdict good\">Yes: all 4 are.</p>"));
    w.customers[1].state.paused = 1;
    assert_non_null(strstr(page("", "", 0, 100), "class=\"verdict bad\">No: 1 of 4 is not.</p>"));
    stats_set(&w.customers[2].stats.delivered_ms, 0);
    const char *text = page("", "", 0, 100);
    assert_non_null(strstr(text, ">No: 1 of 4 is not, and of 1 it is not known yet.</p>"));
    assert_non_null(strstr(text, "<title>1 of 4 not fresh"));
    w.customers[1].state.paused = 0;
    text = page("", "", 0, 100);
    assert_non_null(strstr(
        text, "class=\"verdict open\">Not known yet: nothing of 1 of 4 was delivered so far.</p>"));
    w.s.customer_count = 0;
    assert_non_null(strstr(page("", "", 0, 100), "No customer is configured."));
}

static void hidden_messages_of_others_are_no_yes(void **state UNUSED)
{
    w.s.not_held = 1;
    const char *text = page("", "", 0, 100);
    assert_non_null(strstr(text, "class=\"verdict open\">Not known yet: 4 of 4 are, but 1 message "
                                 "is hidden in the queues and not held by this worker: "));
    assert_null(strstr(text, ">Yes"));
    assert_null(strstr(text, "<title>0 of 4 not fresh"));
}

static void one_broker_that_is_not_reachable_is_in_the_head(void **state UNUSED)
{
    w.s.kafka.reached = true;
    assert_non_null(
        strstr(page("", "", 0, 100), "<dt>Kafka</dt><dd class=\"good\">reachable</dd>"));
    w.s.kafka.lost_brokers = 2;
    assert_non_null(
        strstr(page("", "", 0, 100), "<dd class=\"bad\">reachable but for 2 brokers</dd>"));
}

static void what_comes_from_outside_is_escaped(void **state UNUSED)
{
    w.customers[1].state.paused = 1;
    (void)err_set(&w.customers[1].trouble.error, FAIL_DENIED, "<script>\"'&</script>");
    (void)snprintf(w.customers[1].trouble.error.code, 8, "<c>");
    const char *text = page("", "<b>\"", 0, 100);
    assert_non_null(strstr(text, "value=\"&lt;b&gt;&quot;\""));
    assert_non_null(strstr(text, "customer=%3Cb%3E%22"));
    text = page("", "", 0, 100);
    assert_non_null(strstr(text, "&lt;i&gt;fine&lt;/i&gt;"));
    assert_non_null(strstr(text, "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;"));
    assert_non_null(strstr(text, "&lt;c&gt;"));
    assert_null(strstr(text, "<i>"));
    assert_null(strstr(text, "<c>"));
    assert_int_equal(count_of(text, "<script"), 1);
}

static void nothing_is_inline_or_from_elsewhere(void **state UNUSED)
{
    history_sample(w.h, &w.s);
    const char *text = page("", "", 0, 100);
    static const char *const never[] = {" style=", "<style", " onclick", "http:", "https:", "//"};
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        assert_null(strstr(text, never[i]));
    }
    assert_non_null(strstr(page_file("page.css"), "prefers-color-scheme: dark"));
    assert_non_null(strstr(page_file("page.js"), "fetch("));
    assert_non_null(strstr(page_file("icon.svg"), "<svg"));
}

static void a_page_has_links_to_its_neighbours(void **state UNUSED)
{
    const char *text = page("", "", 1, 2);
    assert_int_equal(count_of(text, "scope=\"row\""), 2);
    assert_non_null(strstr(text, "2 to 3 of 4"));
    assert_non_null(strstr(text, "rel=\"prev\" href=\"?limit=2\""));
    assert_non_null(strstr(text, "rel=\"next\" href=\"?limit=2&amp;offset=3\""));
    text = page("fresh", "d", 0, 100);
    assert_int_equal(count_of(text, "scope=\"row\""), 1);
    assert_null(strstr(text, "rel=\"next\""));
    assert_non_null(strstr(text, "href=\"?state=paused&amp;customer=d\""));
    assert_non_null(strstr(page("", "", 999999999, 100), "No customer is selected."));
    assert_non_null(strstr(page("", "", 0, 0), "No customer is selected."));
}

static void a_picture_has_its_numbers_as_a_text(void **state UNUSED)
{
    assert_null(strstr(page("", "", 0, 100), "<svg"));
    stats_set(&w.customers[2].stats.events, 40);
    history_sample(w.h, &w.s);
    stats_set(&w.customers[2].stats.events, 50);
    history_sample(w.h, &w.s);
    const char *text = page("", "slow", 0, 100);
    assert_int_equal(
        count_of(text, "aria-label=\"Events a minute in the last hour: 10 now, 40 at most\""), 2);
}

/* The first sample is of the start: 0 would be said of a worker that reads since some seconds. */
static void the_events_of_a_minute_are_shown_after_one(void **state UNUSED)
{
    history_sample(w.h, &w.s);
    assert_null(strstr(page("", "", 0, 100), "Events in the last minute"));
    stats_set(&w.customers[2].stats.events, 50);
    history_sample(w.h, &w.s);
    assert_non_null(strstr(page("", "", 0, 100), "Events in the last minute: <b>50</b>"));
}

static void a_command_is_an_element_that_can_be_copied(void **state UNUSED)
{
    w.s.file = "/etc/x.conf";
    w.customers[1].state.paused = 1;
    assert_non_null(strstr(page("", "dead", 0, 100),
                           "run: <code class=\"command\">asymptote-ingest verify -c /etc/x.conf "
                           "dead --fix-hints</code>; do what the error says</span>"));
    w.customers[1].trouble.held = true; /* no text after the command */
    assert_non_null(strstr(page("", "dead", 0, 100),
                           "run: <code class=\"command\">asymptote-ingest control resume dead -c "
                           "/etc/x.conf</code></span>"));
    w.customers[1].has_cadence = true;
    w.customers[1].state.silent = 1;
    w.customers[1].trouble.held = false;
    w.customers[1].state.paused = 0;
    assert_non_null(strstr(page("", "dead", 0, 100),
                           "what was missed, run: <code class=\"command\">asymptote-ingest "
                           "reconcile -c /etc/x.conf dead --to now</code></span>"));
}

static void messages_in_back_off_come_back(void **state UNUSED)
{
    w.customers[1].state.back_off = 1;
    w.customers[1].trouble.back_off.first_in_ms = S(60);
    w.customers[1].trouble.back_off.last_in_ms = S(60);
    assert_non_null(strstr(page("", "dead", 0, 100), "<p>In back-off: 1, back in 60 s.</p>"));
    w.customers[1].state.back_off = 2;
    w.customers[1].trouble.back_off.last_in_ms = S(600);
    assert_non_null(strstr(page("", "dead", 0, 100),
                           "<p>In back-off: 2, the first one back in 60 s, "
                           "the last one in 10 min.</p>"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hidden_messages_of_others_are_no_yes),
        TEST(one_broker_that_is_not_reachable_is_in_the_head),
        TEST(says_first_whether_all_are_fresh),
        TEST(what_comes_from_outside_is_escaped),
        TEST(nothing_is_inline_or_from_elsewhere),
        TEST(a_page_has_links_to_its_neighbours),
        TEST(a_picture_has_its_numbers_as_a_text),
        TEST(the_events_of_a_minute_are_shown_after_one),
        TEST(a_command_is_an_element_that_can_be_copied),
        TEST(messages_in_back_off_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
