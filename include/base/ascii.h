/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ascii.h - classes and case of ASCII characters, independent of the locale. A byte above 127
 * belongs to no class and is never changed. Threads: any.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include "base/base.h"

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool ascii_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The white space of JSON: space, tab, carriage return, line feed. */
static inline bool ascii_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline char ascii_lower(char c)
{
    return ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

#endif
