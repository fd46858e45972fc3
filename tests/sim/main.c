/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - runs schedules with consecutive seeds.
 *
 *     sim --schedules 10000000 --seed 1          none may fail
 *     sim --seed 4711 --schedules 1 --trace      one schedule again, with a trace
 *     sim --bug zero-loop --seconds 60           an injected bug must be found
 *     sim --shares ...                           of the simulator of shares (shares.h)
 *
 * Exit status: 0 no schedule failed (with --bug: the bug was found), 1 otherwise.
 */
#include "shares.h"
#include "shares_seen.h"
#include "sim.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t seed_under_way;

static void on_abort(int number UNUSED)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "aborted: seed %" PRIu64 "\n", seed_under_way);
    (void)!write(STDOUT_FILENO, text, n > 0 ? (size_t)n : 0);
}

struct options {
    uint64_t seed;
    uint64_t schedules;
    double seconds;
    const char *bug;
    bool trace;
    bool shares;
};

static bool options_read(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--trace") == 0) {
            o->trace = true;
            continue;
        }
        if (strcmp(argv[i], "--shares") == 0) {
            o->shares = true;
            continue;
        }
        i++;
        if (strcmp(argv[i - 1], "--seed") == 0) {
            o->seed = strtoull(value, NULL, 10);
        } else if (strcmp(argv[i - 1], "--schedules") == 0) {
            o->schedules = strtoull(value, NULL, 10);
        } else if (strcmp(argv[i - 1], "--seconds") == 0) {
            o->seconds = strtod(value, NULL);
        } else if (strcmp(argv[i - 1], "--bug") == 0) {
            o->bug = value;
        } else {
            return false;
        }
    }
    return true;
}

/* The number of a bug; `count`: there is none of this name. */
static size_t bug_of(const char *name, const char *const *names, size_t count)
{
    size_t at = 0;
    while (at < count && strcmp(name, names[at]) != 0) {
        at++;
    }
    return at;
}

static double seconds_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One schedule of messages and leases. */
static const char *leases_run(struct world *w, enum bug bug, bool trace, uint64_t *steps)
{
    world_init(w, seed_under_way, bug, trace);
    world_run(w);
    *steps += w->steps;
    const char *failed = w->failed;
    world_done(w);
    return failed;
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1, .schedules = UINT64_MAX, .seconds = 1e9, .bug = "none"};
    bool ok = options_read(&o, argc, argv);
    size_t bugs = o.shares ? (size_t)SHARES_BUGS : (size_t)BUGS;
    size_t bug = bug_of(o.bug, o.shares ? shares_bug_names : bug_names, bugs);
    if (!ok || bug == bugs) {
        (void)fprintf(stderr, "usage: sim [--shares] [--seed N] [--schedules N] [--seconds N] "
                              "[--trace] [--bug NAME]\n");
        return 2;
    }
    (void)signal(SIGABRT, on_abort);
    struct world w = {0};
    double began = seconds_now();
    uint64_t steps = 0;
    uint64_t run = 0;
    const char *failed = NULL;
    for (; run < o.schedules && failed == NULL && seconds_now() - began < o.seconds; run++) {
        seed_under_way = o.seed + run;
        failed = o.shares ? shares_run(seed_under_way, (enum shares_bug)bug, o.trace)
                          : leases_run(&w, (enum bug)bug, o.trace, &steps);
        if (failed != NULL) {
            (void)printf("seed %" PRIu64 ": %s\n", seed_under_way, failed);
        }
    }
    (void)printf("%" PRIu64 " schedules, %" PRIu64 " events, %.1f s, bug %s: %s\n", run, steps,
                 seconds_now() - began, o.bug, failed != NULL ? failed : "nothing violated");
    if (o.shares) {
        (void)printf("longest wait: %.2f of the bound, %.2f of that of classes without long "
                     "objects\n",
                     seen_most_of_bound, seen_most_of_quick);
    }
    free(w.heap);
    return (failed != NULL) == (bug != 0) ? 0 : 1;
}
