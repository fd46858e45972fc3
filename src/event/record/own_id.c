/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Almost every UUID and ULID has a digit, a letter and 16 characters. The two forms are only needed
 * for the few that consist of digits, so they are checked last, and strictly: a counter that is
 * padded with zeros is not a ULID of this century, and the nil UUID has no version.
 */
#include "event/record/own_id.h"

#include <string.h>

enum {
    UNIQUE_CHARACTERS = 16,
    UUID_CHARACTERS = 36,
    ULID_CHARACTERS = 26,
    ULID_TIME_CHARACTERS = 10,
};

static const int64_t MS_2000 = INT64_C(946684800000);
static const int64_t MS_2100 = INT64_C(4102444800000);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* In UTF-8 every byte except continuation bytes begins a character. */
static bool is_long_and_mixed(struct span id)
{
    size_t characters = 0;
    bool digit = false;
    bool letter = false;
    for (size_t i = 0; i < id.n; i++) {
        characters += ((unsigned char)id.p[i] & 0xc0) != 0x80;
        digit = digit || is_digit(id.p[i]);
        letter = letter || is_letter(id.p[i]);
        if (characters >= UNIQUE_CHARACTERS && digit && letter) {
            return true;
        }
    }
    return false;
}

/* RFC 9562: the version is 1 to 8, the variant 10x. */
static bool is_uuid(struct span id)
{
    if (id.n != UUID_CHARACTERS) {
        return false;
    }
    for (size_t i = 0; i < id.n; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = is_digit(id.p[i]) || strchr("abcdefABCDEF", id.p[i]) != NULL;
        if (id.p[i] == '\0' || hyphen != (id.p[i] == '-') || (!hyphen && !hex)) {
            return false;
        }
    }
    return id.p[14] >= '1' && id.p[14] <= '8' && strchr("89abAB", id.p[19]) != NULL;
}

/* Crockford's base 32: the first ten characters are milliseconds since 1970. */
static bool is_ulid(struct span id)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    int64_t ms = 0;
    if (id.n != ULID_CHARACTERS) {
        return false;
    }
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        c = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        const char *at = c != '\0' ? strchr(digits, c) : NULL;
        if (at == NULL) {
            return false;
        }
        ms = i < ULID_TIME_CHARACTERS ? ms * 32 + (at - digits) : ms;
    }
    return ms >= MS_2000 && ms < MS_2100;
}

bool own_id_is_unique(struct span id)
{
    return is_long_and_mixed(id) || is_uuid(id) || is_ulid(id);
}
