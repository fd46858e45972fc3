/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - detects secrets in memory that this thread frees. Replaces free and realloc of the
 * whole program including its libraries; include it in one file of a test.
 *
 *     watch_begin("the secret");
 *     ...
 *     assert_int_equal(watch_end(), 0);
 *
 * The stack and memory that is still allocated are not checked. Under a sanitizer, which has its
 * own allocator, nothing is checked: WATCH_WORKS is 0.
 */
#ifndef TESTS_WATCH_H
#define TESTS_WATCH_H

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCH_WORKS 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCH_WORKS 0
#endif
#ifndef WATCH_WORKS
#define WATCH_WORKS 1
#endif

static _Thread_local const char *watch_secret;
static _Thread_local size_t watch_seen;

static void watch_begin(const char *secret)
{
    watch_seen = 0;
    watch_secret = secret;
}

static size_t watch_end(void)
{
    watch_secret = NULL;
    return watch_seen;
}

#if WATCH_WORKS
void *__libc_malloc(size_t n);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

void free(void *p)
{
    if (watch_secret != NULL && p != NULL) {
        const char *at = memmem(p, malloc_usable_size(p), watch_secret, strlen(watch_secret));
        watch_seen += at != NULL;
    }
    __libc_free(p);
}

/* Zeroed, so that earlier content is not found. */
void *malloc(size_t n)
{
    void *p = __libc_malloc(n);
    if (watch_secret != NULL && p != NULL) {
        memset(p, 0, malloc_usable_size(p));
    }
    return p;
}

/* Always moves the block, so that bytes that are left behind are found. */
void *realloc(void *p, size_t n)
{
    if (watch_secret == NULL) {
        return __libc_realloc(p, n);
    }
    void *to = malloc(n);
    if (to != NULL && p != NULL) {
        size_t had = malloc_usable_size(p);
        memcpy(to, p, had < n ? had : n);
        free(p);
    }
    return to;
}
#endif

#endif
