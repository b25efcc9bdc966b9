/* SPDX-License-Identifier: Apache-2.0
 *
 * The values of one table of keys, converted once, read by name. */
#ifndef HEADRACE_SETTINGS_H
#define HEADRACE_SETTINGS_H

#include <headrace/plugin.h>
#include <stdbool.h>

struct setting {
  const struct headrace_key *key;
  char *text; /* NULL: not set and no default */
  int64_t number;
  struct headrace_pair *items; /* of a list, a map, or what a ".*" key took */
  size_t count;
  bool given; /* by a file or the environment */
};

struct settings {
  struct setting *items;
  size_t count;
  const struct headrace_key *keys;
};

/* Every key has its default. A default that does not parse is the table's fault: aborts. */
void settings_init(struct settings *settings, const struct headrace_key *keys);
void settings_free(struct settings *settings);

/* The key of the table that `name` is for, or NULL. */
const struct headrace_key *settings_key(const struct settings *settings, const char *name);

/* False, and *error (to be freed) says what was expected. */
bool settings_set(struct settings *settings, const char *name, const char *text, char **error);
bool settings_given(const struct settings *settings, const char *name);

/* An unknown name is a plugin's fault: aborts with a message. */
const char *settings_string(const struct settings *settings, const char *name);
int64_t settings_integer(const struct settings *settings, const char *name);
size_t settings_list(const struct settings *settings, const char *name,
                     const struct headrace_pair **items);

const char *key_type_name(enum headrace_key_type type);

#endif
