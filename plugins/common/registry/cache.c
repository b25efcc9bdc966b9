/* SPDX-License-Identifier: Apache-2.0
 *
 * What the registry said, in memory and in a file of JSON lines, which is only ever appended to:
 *   {"registry":"http://…"}
 *   {"id":7,"schema":"…","references":["…"]}
 *   {"id":7,"subject":"orders-value","schema":"…"}
 * A line that was cut short by a crash is not used, and what it said is asked anew. */
#include "registry_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

struct schema_entry {
  struct registry_schema schema; /* owned texts */
  int32_t id;
  UT_hash_handle hh;
};

struct id_entry {
  char *key; /* subject, a newline, the text; owned */
  int32_t id;
  bool fresh;
  UT_hash_handle hh;
};

struct cache {
  const struct headrace_host *host;
  struct schema_entry *schemas;
  struct id_entry *ids;
  FILE *file; /* NULL: nothing is kept on disk */
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

/* ---- memory -------------------------------------------------------------- */

const struct registry_schema *cache_schema(const struct cache *cache, int32_t id)
{
  struct schema_entry *entry;
  HASH_FIND(hh, cache->schemas, &id, sizeof id, entry);
  return entry ? &entry->schema : NULL;
}

static void free_texts(char **texts, size_t count)
{
  for (size_t i = 0; i < count; i++)
    free(texts[i]);
  free(texts);
}

static const struct registry_schema *remember_schema(struct cache *cache, int32_t id, char *text,
                                                     char **references, size_t count)
{
  const struct registry_schema *known = cache_schema(cache, id);
  if (known) {
    free(text);
    free_texts(references, count);
    return known;
  }
  struct schema_entry *entry = must(calloc(1, sizeof *entry));
  entry->id = id;
  entry->schema = (struct registry_schema){.id = id,
                                           .text = text,
                                           .references = (const char *const *)references,
                                           .reference_count = count};
  HASH_ADD(hh, cache->schemas, id, sizeof entry->id, entry);
  return &entry->schema;
}

static char *key_of(const char *subject, const char *text)
{
  size_t size = strlen(subject) + strlen(text) + 2;
  char *key = must(malloc(size));
  snprintf(key, size, "%s\n%s", subject, text);
  return key;
}

static struct id_entry *find_id(const struct cache *cache, const char *subject, const char *text)
{
  struct id_entry *entry;
  char *key = key_of(subject, text);
  HASH_FIND_STR(cache->ids, key, entry);
  free(key);
  return entry;
}

int32_t cache_id(const struct cache *cache, const char *subject, const char *text, bool fresh)
{
  const struct id_entry *entry = find_id(cache, subject, text);
  return entry && (entry->fresh || !fresh) ? entry->id : 0;
}

static void remember_id(struct cache *cache, const char *subject, const char *text, int32_t id,
                        bool fresh)
{
  struct id_entry *entry = find_id(cache, subject, text);
  if (!entry) {
    entry = must(calloc(1, sizeof *entry));
    entry->key = key_of(subject, text);
    HASH_ADD_KEYPTR(hh, cache->ids, entry->key, strlen(entry->key), entry);
  }
  entry->id = id;
  entry->fresh |= fresh;
}

/* ---- the file ------------------------------------------------------------ */

static void append(struct cache *cache, json_t *line)
{
  if (cache->file) {
    json_dumpf(line, cache->file, JSON_COMPACT);
    fputc('\n', cache->file);
    if (fflush(cache->file)) { /* it is only a cache: without it schemas are asked for anew */
      cache->host->log(cache->host, HEADRACE_WARNING,
                       "the file of known schemas cannot be written: %s; a restart needs the "
                       "schema registry",
                       strerror(errno));
      fclose(cache->file);
      cache->file = NULL;
    }
  }
  json_decref(line);
}

static bool read_line(struct cache *cache, const json_t *line)
{
  json_int_t id = json_integer_value(json_object_get(line, "id"));
  const char *text = json_string_value(json_object_get(line, "schema"));
  const char *subject = json_string_value(json_object_get(line, "subject"));
  const json_t *list = json_object_get(line, "references");
  if (id <= 0 || id > INT32_MAX || !text)
    return false;
  if (subject) {
    remember_id(cache, subject, text, (int32_t)id, false);
    return true;
  }
  size_t count = json_array_size(list);
  char **references = must(calloc(count + 1, sizeof *references));
  for (size_t i = 0; i < count; i++) {
    const char *reference = json_string_value(json_array_get(list, i));
    references[i] = must(strdup(reference ? reference : ""));
  }
  remember_schema(cache, (int32_t)id, must(strdup(text)), references, count);
  return true;
}

/* False: it is of another registry, or none of our files. */
static bool read_file(struct cache *cache, FILE *file, const char *registry)
{
  char *line = NULL;
  size_t room = 0;
  ssize_t size;
  bool ours = false;
  while ((size = getline(&line, &room, file)) > 0) {
    json_t *value = json_loadb(line, (size_t)size, 0, NULL);
    const char *name = json_string_value(json_object_get(value, "registry"));
    if (name)
      ours = !strcmp(name, registry);
    else if (ours && line[size - 1] == '\n')
      read_line(cache, value);
    json_decref(value);
    if (!ours)
      break;
  }
  free(line);
  return ours;
}

static void begin_file(struct cache *cache, const char *registry)
{
  if (ftruncate(fileno(cache->file), 0) == 0)
    append(cache, json_pack("{s:s}", "registry", registry));
}

/* After a line that was cut short the next one begins in a line of its own. */
static void end_last_line(FILE *file)
{
  if (fseek(file, -1, SEEK_END) == 0 && fgetc(file) != '\n') {
    fseek(file, 0, SEEK_END);
    fputc('\n', file);
  }
}

static void open_file(struct cache *cache, const char *registry)
{
  const struct headrace_host *host = cache->host;
  char *path = NULL;
  if (!host->state_dir)
    return;
  mkdir(host->state_dir, 0750);
  if (asprintf(&path, "%s/%s.schemas", host->state_dir, host->instance) < 0)
    abort();
  int descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  cache->file = descriptor < 0 ? NULL : fdopen(descriptor, "a+");
  if (!cache->file) {
    host->log(host, HEADRACE_WARNING, "cannot open %s: %s; a restart needs the schema registry",
              path, strerror(errno));
    if (descriptor >= 0)
      close(descriptor);
  } else {
    rewind(cache->file);
    if (read_file(cache, cache->file, registry))
      end_last_line(cache->file);
    else
      begin_file(cache, registry);
  }
  free(path);
}

/* ---- the interface ------------------------------------------------------- */

struct cache *cache_open(const struct headrace_host *host, const char *registry)
{
  struct cache *cache = must(calloc(1, sizeof *cache));
  cache->host = host;
  open_file(cache, registry);
  return cache;
}

void cache_close(struct cache *cache)
{
  struct schema_entry *schema, *next_schema;
  HASH_ITER(hh, cache->schemas, schema, next_schema)
  {
    HASH_DEL(cache->schemas, schema);
    free((char *)schema->schema.text);
    free_texts((char **)schema->schema.references, schema->schema.reference_count);
    free(schema);
  }
  struct id_entry *id, *next_id;
  HASH_ITER(hh, cache->ids, id, next_id)
  {
    HASH_DEL(cache->ids, id);
    free(id->key);
    free(id);
  }
  if (cache->file)
    fclose(cache->file);
  free(cache);
}

const struct registry_schema *cache_add(struct cache *cache, int32_t id, char *text,
                                        char **references, size_t reference_count)
{
  json_t *list = json_array();
  for (size_t i = 0; i < reference_count; i++)
    json_array_append_new(list, json_string(references[i]));
  append(cache, json_pack("{s:i, s:s, s:o}", "id", id, "schema", text, "references", list));
  return remember_schema(cache, id, text, references, reference_count);
}

void cache_add_id(struct cache *cache, const char *subject, const char *text, int32_t id)
{
  if (cache_id(cache, subject, text, false) != id)
    append(cache, json_pack("{s:i, s:s, s:s}", "id", id, "subject", subject, "schema", text));
  remember_id(cache, subject, text, id, true);
}
