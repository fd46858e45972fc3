/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - runs schedules with consecutive seeds.
 *
 *     sim --schedules 10000000 --seed 1          none may fail
 *     sim --seed 4711 --schedules 1 --trace      one schedule again, with a trace
 *     sim --bug zero-loop --seconds 60           an injected bug must be found
 *
 * Exit status: 0 no schedule failed (with --bug: the bug was found), 1 otherwise.
 */
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
    enum bug bug;
    bool trace;
};

static bool options_read(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--trace") == 0) {
            o->trace = true;
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
            for (o->bug = BUG_NONE; o->bug < BUGS && strcmp(value, bug_names[o->bug]) != 0;) {
                o->bug++;
            }
        } else {
            return false;
        }
    }
    return o->bug < BUGS;
}

static double seconds_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1, .schedules = UINT64_MAX, .seconds = 1e9};
    if (!options_read(&o, argc, argv)) {
        (void)fprintf(
            stderr, "usage: sim [--seed N] [--schedules N] [--seconds N] [--trace] [--bug NAME]\n");
        return 2;
    }
    (void)signal(SIGABRT, on_abort);
    struct world w = {0};
    double began = seconds_now();
    uint64_t steps = 0;
    uint64_t run = 0;
    for (; run < o.schedules && w.failed == NULL && seconds_now() - began < o.seconds; run++) {
        seed_under_way = o.seed + run;
        world_init(&w, seed_under_way, o.bug, o.trace);
        world_run(&w);
        steps += w.steps;
        if (w.failed != NULL) {
            (void)printf("seed %" PRIu64 ": %s\n", seed_under_way, w.failed);
        }
        world_done(&w);
    }
    (void)printf("%" PRIu64 " schedules, %" PRIu64 " events, %.1f s, bug %s: %s\n", run, steps,
                 seconds_now() - began, bug_names[o.bug],
                 w.failed != NULL ? w.failed : "nothing violated");
    free(w.heap);
    return (w.failed != NULL) == (o.bug != BUG_NONE) ? 0 : 1;
}
