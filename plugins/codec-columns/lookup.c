/* SPDX-License-Identifier: Apache-2.0
 *
 * Columns of another table. Its rows are lines of a file, ["column","key","value"], each synced
 * before anything behind it goes on; the last one of a key counts. */
#include "columns.h"

#include "json_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the setting ---------------------------------------------------------------- */

static char *trimmed(const char *text, size_t size)
{
  while (size && (*text == ' ' || *text == '\t')) {
    text++;
    size--;
  }
  while (size && (text[size - 1] == ' ' || text[size - 1] == '\t'))
    size--;
  return must_copy(text, size);
}

/* table: key -> value */
static bool read_lookup(const struct headrace_host *host, const struct headrace_pair *pair,
                        struct lookup *lookup)
{
  const char *colon = strchr(pair->value, ':');
  const char *arrow = colon ? strstr(colon, "->") : NULL;
  *lookup = (struct lookup){.name = pair->name};
  if (arrow) {
    lookup->table = trimmed(pair->value, (size_t)(colon - pair->value));
    lookup->key = trimmed(colon + 1, (size_t)(arrow - colon - 1));
    lookup->value = trimmed(arrow + 2, strlen(arrow + 2));
  }
  if (arrow && strchr(lookup->table, '.') && *lookup->key && *lookup->value)
    return true;
  host->log(host, HEADRACE_ERROR,
            "lookup: \"%s\" is to be like public.topics: topic_id -> name, which is the table with "
            "its schema, its column that this table's column of the same name is compared with, "
            "and the column that is wanted",
            pair->value);
  return false;
}

bool lookups_read(const struct headrace_host *host, struct lookups *lookups)
{
  const struct headrace_pair *pairs;
  size_t count = host->list(host, "lookup", &pairs);
  bool good = true;
  *lookups = (struct lookups){
      .host = host, .items = must_alloc(count, sizeof *lookups->items), .count = count, .file = -1};
  for (size_t i = 0; i < count; i++)
    good = read_lookup(host, &pairs[i], &lookups->items[i]) && good;
  return good;
}

void lookups_free(struct lookups *lookups)
{
  for (size_t i = 0; i < lookups->count; i++) {
    struct lookup *lookup = &lookups->items[i];
    for (size_t j = 0; j < lookup->capacity; j++) {
      free(lookup->entries[j].key);
      free(lookup->entries[j].value);
    }
    free(lookup->entries);
    free(lookup->table);
    free(lookup->key);
    free(lookup->value);
  }
  free(lookups->items);
  if (lookups->file >= 0)
    close(lookups->file);
  *lookups = (struct lookups){.file = -1};
}

const struct lookup *lookups_named(const struct lookups *lookups, const char *name)
{
  for (size_t i = 0; i < lookups->count; i++)
    if (!strcmp(lookups->items[i].name, name))
      return &lookups->items[i];
  return NULL;
}

/* ---- entries -------------------------------------------------------------------- */

static struct lookup_entry *find(const struct lookup *lookup, const char *key, size_t size)
{
  uint64_t sum = 0xcbf29ce484222325;
  for (size_t i = 0; i < size; i++)
    sum = (sum ^ (unsigned char)key[i]) * 0x100000001b3;
  size_t mask = lookup->capacity - 1;
  for (size_t i = (size_t)(sum >> 20) & mask;; i = (i + 1) & mask) {
    struct lookup_entry *entry = &lookup->entries[i];
    if (!entry->key || (entry->key_size == size && !memcmp(entry->key, key, size)))
      return entry;
  }
}

const struct lookup_entry *lookup_find(const struct lookup *lookup,
                                       const struct headrace_value *key)
{
  if (!lookup->count)
    return NULL;
  const struct lookup_entry *entry = find(lookup, key->data, key->size);
  return entry->key ? entry : NULL;
}

static void grow(struct lookup *lookup)
{
  struct lookup old = *lookup;
  lookup->capacity = old.capacity ? 2 * old.capacity : 64;
  lookup->entries = must_alloc(lookup->capacity, sizeof *lookup->entries);
  for (size_t i = 0; i < old.capacity; i++)
    if (old.entries[i].key)
      *find(lookup, old.entries[i].key, old.entries[i].key_size) = old.entries[i];
  free(old.entries);
}

/* `value` NULL: null. False: it was known already. */
static bool put(struct lookup *lookup, const char *key, size_t key_size, const char *value,
                size_t value_size)
{
  if (2 * lookup->count >= lookup->capacity)
    grow(lookup);
  struct lookup_entry *entry = find(lookup, key, key_size);
  bool null = !value;
  if (entry->key && entry->null == null && entry->value_size == value_size &&
      (!value_size || !memcmp(entry->value, value, value_size)))
    return false;
  if (!entry->key) {
    entry->key = must_copy(key, key_size);
    entry->key_size = key_size;
    lookup->count++;
  }
  free(entry->value);
  entry->value = must_copy(value, value_size);
  entry->value_size = value_size;
  entry->null = null;
  return true;
}

/* ---- the file ------------------------------------------------------------------- */

static size_t unescaped(char **text, const struct json_value *value)
{
  *text = must_alloc(value->size + 1, 1);
  return json_unescape(*text, value);
}

static void read_line(struct lookups *lookups, const char *line, size_t size)
{
  struct json_reader reader;
  struct json_value array, parts[3];
  json_read_begin(&reader, line, size);
  if (!json_read_value(&reader, &array) || array.kind != JSON_ARRAY)
    return;
  for (size_t i = 0; i < 3; i++)
    if (!json_next_element(&reader) || !json_read_whole(&reader, &parts[i]))
      return;
  if (parts[0].kind != JSON_STRING || parts[1].kind != JSON_STRING)
    return;
  char *name, *key, *value;
  name = NULL;
  unescaped(&name, &parts[0]);
  size_t key_size = unescaped(&key, &parts[1]), value_size = unescaped(&value, &parts[2]);
  struct lookup *lookup = (struct lookup *)(uintptr_t)lookups_named(lookups, name);
  bool null = parts[2].kind != JSON_STRING;
  if (lookup)
    put(lookup, key, key_size, null ? NULL : value, null ? 0 : value_size);
  free(name);
  free(key);
  free(value);
}

/* What follows the last whole line was cut short by a crash, before anything behind it went on. */
static bool read_lines(struct lookups *lookups)
{
  struct text_buffer text = {0};
  ssize_t got;
  while ((got = read(lookups->file, text_room(&text, 65536), 65536)) > 0)
    text.size += (size_t)got;
  size_t whole = 0;
  for (char *end; got == 0 && whole < text.size &&
                  (end = memchr(text.bytes + whole, '\n', text.size - whole)) != NULL;) {
    size_t size = (size_t)(end - text.bytes) - whole;
    read_line(lookups, text.bytes + whole, size);
    whole += size + 1;
  }
  free(text.bytes);
  return got == 0 && ftruncate(lookups->file, (off_t)whole) == 0 &&
         lseek(lookups->file, (off_t)whole, SEEK_SET) >= 0;
}

static bool sync_folder(const char *path)
{
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool good = folder >= 0 && fsync(folder) == 0;
  if (folder >= 0)
    close(folder);
  return good;
}

bool lookups_open(struct lookups *lookups)
{
  const struct headrace_host *host = lookups->host;
  char path[4096];
  if (!lookups->count)
    return true;
  if (!host->state_dir) {
    host->log(host, HEADRACE_ERROR,
              "lookup: what it remembers needs a folder; set state_dir in [headrace]");
    return false;
  }
  mkdir(host->state_dir, 0750);
  snprintf(path, sizeof path, "%s/%s.lookup", host->state_dir, host->instance);
  lookups->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lookups->file >= 0 && read_lines(lookups) && sync_folder(host->state_dir))
    return true;
  host->log(host, HEADRACE_ERROR,
            "lookup: %s: %s; set state_dir in [headrace] to a folder that this user may write to",
            path, strerror(errno));
  return false;
}

static bool append(struct lookups *lookups, const struct lookup *lookup,
                   const struct headrace_value *key, const struct headrace_value *value)
{
  struct text_buffer line = {0};
  text_say(&line, "[");
  text_string(&line, lookup->name, strlen(lookup->name));
  text_say(&line, ",");
  text_string(&line, key->data, key->size);
  text_say(&line, ",");
  if (value->state == HEADRACE_NULL)
    text_say(&line, "null");
  else
    text_string(&line, value->data, value->size);
  text_say(&line, "]\n");
  ssize_t written = write(lookups->file, line.bytes, line.size);
  bool good = written == (ssize_t)line.size && fdatasync(lookups->file) == 0;
  free(line.bytes);
  if (!good)
    lookups->host->log(lookups->host, HEADRACE_ERROR,
                       "lookup: what it remembers cannot be written to state_dir: %s",
                       strerror(errno));
  return good;
}

/* ---- rows ----------------------------------------------------------------------- */

static bool is_table(const struct lookup *lookup, const struct headrace_relation *relation)
{
  size_t schema = relation->schema ? strlen(relation->schema) : 0;
  return schema && !strncmp(lookup->table, relation->schema, schema) &&
         lookup->table[schema] == '.' && !strcmp(lookup->table + schema + 1, relation->table);
}

bool lookups_have_table(const struct lookups *lookups, const struct headrace_relation *relation)
{
  for (size_t i = 0; i < lookups->count; i++)
    if (is_table(&lookups->items[i], relation))
      return true;
  return false;
}

static const struct headrace_value *value_named(const struct headrace_relation *relation,
                                                const struct headrace_value *values,
                                                const char *name)
{
  for (uint32_t i = 0; i < relation->column_count; i++)
    if (!strcmp(relation->columns[i].name, name))
      return &values[i];
  return NULL;
}

static bool remember(struct lookups *lookups, struct lookup *lookup,
                     const struct headrace_relation *relation, const struct headrace_value *values)
{
  const struct headrace_value *key = value_named(relation, values, lookup->key);
  const struct headrace_value *value = value_named(relation, values, lookup->value);
  if (!key || !value) {
    lookups->host->log(lookups->host, HEADRACE_ERROR, "lookup: %s has no column \"%s\"",
                       lookup->table, key ? lookup->value : lookup->key);
    return false;
  }
  if (key->state < HEADRACE_TEXT || value->state == HEADRACE_ABSENT)
    return true; /* nothing to be found by, or as it was */
  bool null = value->state == HEADRACE_NULL;
  return !put(lookup, key->data, key->size, null ? NULL : value->data, null ? 0 : value->size) ||
         append(lookups, lookup, key, value);
}

bool lookups_remember(struct lookups *lookups, const struct headrace_relation *relation,
                      const struct headrace_value *values)
{
  bool good = true;
  for (size_t i = 0; i < lookups->count && good; i++)
    if (is_table(&lookups->items[i], relation))
      good = remember(lookups, &lookups->items[i], relation, values);
  return good;
}
