/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pathset.h - a set of member paths, found by their text while a record is walked once.
 *
 * Every path has a number. `a.b.c` is found whether the record has it as one literal name,
 * nested, or mixed, since the walk joins names by dots. The beginnings of paths ("a", "a.b") are
 * entries too: a walk enters only the objects that have such a name.
 *
 *     int id = pathset_add(&p, SPAN("user.name"));
 *     const struct path_entry *e = pathset_find(&p, joined);     // e->id == id
 *     for (int i = pathset_folded(&p, SPAN("User-Name")); i != PATH_NONE; i = p.next_folded[i])
 *
 * Threads: built by one, then read by many, unless one of them calls pathset_learn.
 */
#ifndef EVENT_SCHEMA_PATHSET_H
#define EVENT_SCHEMA_PATHSET_H

#include "event/schema/string_map.h"

enum {
    PATH_MAX_BYTES = 128, /* longest path, dots included */
    PATH_MAX_DOTS = 12,
    LEARN_MAX = 512,  /* names */
    LEARN_BYTES = 64, /* longest of them */
    LEARN_PROBES = 8, /* longest search for a name that is still learned */
    LEARN_LOOKS = 16, /* learned names that are looked at to find one that may be forgotten */
    PATH_NONE = -1,
};

/* What a member of this name says about its record: see record_index.h. */
struct name_note {
    uint8_t member; /* a record_index_member, 0: none */
    uint8_t sign;   /* a record_index_sign, 0: none */
    uint8_t kinds;  /* types of value for which the sign holds, bits of record_index_kind */
};

struct path_entry {
    struct span text;
    const char *container; /* alias_container.as if it is one, else NULL */
    int16_t id;            /* PATH_NONE: not a path */
    int16_t word;          /* number of the word that it folds to, WORD_NONE if it has dots */
    int16_t same;          /* its own number; of a learned name, that of a fixed entry like it */
    uint8_t dots;          /* in the text */
    bool begins;           /* longer paths begin with it */
    struct name_note note;
    uint32_t seen; /* number of the last object that has the name */
};

/* Learned names: consecutive entries. */
struct learned {
    size_t first, count;
    size_t hand;                /* the next that may be forgotten */
    uint32_t passed[LEARN_MAX]; /* `seen` of each when the hand passed it */
    char text[LEARN_MAX][LEARN_BYTES];
};

struct pathset {
    size_t most;                /* limit of count */
    size_t count;               /* paths */
    struct span *text;          /* by id */
    int16_t *next_folded;       /* by id: next path that folds to the same word */
    struct path_entry *entries; /* paths, their beginnings, other names; then what is learned */
    size_t entry_count, entry_most;
    struct learned *learned; /* NULL: none yet */
    uint32_t objects;        /* number of the current object; it may wrap */
    int16_t *first_folded;   /* by number of a word: first path that folds to it */
    size_t word_count;
    struct string_map index;  /* joined text to entry */
    struct string_map folded; /* folded text to number of the word */
};

/* For up to `most` paths, and the names that are learned. */
void pathset_init(struct pathset *p, size_t most);
void pathset_done(struct pathset *p);

/*
 * Add a path, whose text is copied, and return its number. A path that is there keeps its
 * number. PATH_NONE: it is empty or too long, has an empty name, or the set is full.
 */
int pathset_add(struct pathset *p, struct span path);

/* Mark a path of the set as a container (see aliases.h). */
void pathset_container(struct pathset *p, struct span path, const char *as);

/*
 * Add an entry for a name that has none, since a file repeats the same names. The entry says only
 * which paths the name folds to. No path is added after the first call. WORD_NONE: the name is too
 * long, or no learned name may be forgotten for it.
 *
 * A full set forgets one that was not in an object since the hand passed it ("second chance"), so
 * that the names of one source do not stay in place of those of all others. An entry that a row
 * refers to is never changed: use `same` of a learned one. One that the current object has is not
 * forgotten, since its `seen` finds duplicates.
 */
int pathset_learn(struct pathset *p, struct span name);

/* Note what a name says about its record. It need not be a path. */
void pathset_note(struct pathset *p, struct span name, struct name_note note);

/* The entry of a path or of the beginning of one. NULL: it is neither. */
static inline const struct path_entry *pathset_find(const struct pathset *p, struct span joined)
{
    int i = string_map_find(&p->index, joined);
    return i == WORD_NONE ? NULL : &p->entries[i];
}

/* The first path without dots that equals `name` when case, '_' and '-' are ignored. */
MUST_USE int pathset_folded(const struct pathset *p, struct span name);

/* The same for the name of an entry, without the entry itself if it is the first. */
static inline int pathset_alike(const struct pathset *p, const struct path_entry *e)
{
    int id = e->word == WORD_NONE ? PATH_NONE : p->first_folded[e->word];
    return id != PATH_NONE && id == e->id ? p->next_folded[id] : id;
}

/* Lower case without '_' and '-' into `to`; n is 0 if it does not fit. */
struct span path_fold(struct span name, char *to, size_t cap);

#endif
