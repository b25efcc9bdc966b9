/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-changes, for tests of sources: each change as JSON with all that the ABI
 * says of it. A value is null, a text, or {"absent": true}. */
#include <headrace/plugin.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const operations[] = {"?",    "insert",   "update", "delete",
                                         "read", "truncate", "message"};

static void put_string(FILE *out, const char *text, size_t size)
{
  fputc('"', out);
  for (size_t i = 0; i < size; i++)
    if (text[i] == '"' || text[i] == '\\')
      fprintf(out, "\\%c", text[i]);
    else if ((unsigned char)text[i] < ' ')
      fprintf(out, "\\u%04x", text[i]);
    else
      fputc(text[i], out);
  fputc('"', out);
}

static void put_text(FILE *out, const char *text)
{
  if (text)
    put_string(out, text, strlen(text));
  else
    fputs("null", out);
}

static void put_value(FILE *out, const struct headrace_value *value)
{
  if (value->state == HEADRACE_NULL)
    fputs("null", out);
  else if (value->state == HEADRACE_ABSENT)
    fputs("{\"absent\":true}", out);
  else
    put_string(out, value->data, value->size);
}

static void put_row(FILE *out, const char *name, const struct headrace_relation *relation,
                    const struct headrace_value *values)
{
  fprintf(out, ",\"%s\":", name);
  if (!values) {
    fputs("null", out);
    return;
  }
  for (uint32_t i = 0; i < relation->column_count; i++) {
    fputc(i ? ',' : '{', out);
    put_text(out, relation->columns[i].name);
    fputc(':', out);
    put_value(out, &values[i]);
  }
  fputs(relation->column_count ? "}" : "{}", out);
}

static void put_column(FILE *out, const struct headrace_column *column)
{
  put_text(out, column->name);
  fprintf(out, ":{\"type\":%u,\"element\":%u,\"precision\":%d,\"scale\":%d,\"nullable\":%s",
          column->type, column->element_type, column->precision, column->scale,
          column->flags & HEADRACE_COLUMN_NULLABLE ? "true" : "false");
  fprintf(out, ",\"generated\":%s,\"identity\":%s,\"type_name\":",
          column->flags & HEADRACE_COLUMN_GENERATED ? "true" : "false",
          column->flags & HEADRACE_COLUMN_IDENTITY ? "true" : "false");
  put_text(out, column->type_name);
  fputs(",\"default\":", out);
  put_text(out, column->default_text);
  fputs(",\"labels\":[", out);
  for (size_t i = 0; column->labels && column->labels[i]; i++) {
    if (i)
      fputc(',', out);
    put_text(out, column->labels[i]);
  }
  fputs("]}", out);
}

static void put_relation(FILE *out, const struct headrace_relation *relation)
{
  fprintf(out, ",\"relation\":%" PRIu64 ",\"schema\":", relation->id);
  put_text(out, relation->schema);
  fputs(",\"table\":", out);
  put_text(out, relation->table);
  fputs(",\"key\":[", out);
  for (uint32_t i = 0; i < relation->key_count; i++) {
    if (i)
      fputc(',', out);
    put_text(out, relation->columns[relation->key[i]].name);
  }
  fputs("],\"columns\":{", out);
  for (uint32_t i = 0; i < relation->column_count; i++) {
    if (i)
      fputc(',', out);
    put_column(out, &relation->columns[i]);
  }
  fputc('}', out);
}

static void put_change(FILE *out, const struct headrace_change *change)
{
  fprintf(out, "{\"op\":\"%s\",\"flags\":%u,\"ordinal\":%" PRIu64 ",\"sequence\":%" PRIu64,
          operations[change->operation], change->flags, change->ordinal, change->sequence);
  if (change->transaction) {
    fprintf(out, ",\"transaction\":%" PRIu64 ",\"previous\":%" PRIu64 ",\"origin\":",
            change->transaction->id, change->transaction->previous_sequence);
    put_text(out, change->transaction->origin);
  }
  if (change->relation) {
    put_relation(out, change->relation);
    put_row(out, "old", change->relation, change->old_values);
    put_row(out, "new", change->relation, change->new_values);
  } else {
    fputs(",\"prefix\":", out);
    put_value(out, &change->message_prefix);
    fputs(",\"content\":", out);
    put_value(out, &change->message_content);
  }
  fputc('}', out);
}

static enum headrace_result changes_open(const struct headrace_host *host, void **instance)
{
  *instance = (void *)(uintptr_t)host;
  return HEADRACE_OK;
}

static enum headrace_result changes_encode(void *instance, const struct headrace_event *event,
                                           struct headrace_batch *batch)
{
  const struct headrace_host *host = instance;
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  put_change(out, event->change);
  fclose(out);
  struct headrace_record *record = host->add_record(host, batch);
  char *copy = host->alloc(host, batch, size);
  memcpy(copy, text, size);
  free(text);
  record->value = (struct headrace_value){copy, (uint32_t)size, HEADRACE_TEXT};
  return HEADRACE_OK;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_CODEC,
    .name = "changes",
    .version = HEADRACE_VERSION,
    .description = "each change as JSON, for tests",
    .open = changes_open,
    .encode = changes_encode,
};

HEADRACE_REGISTER_PLUGIN(plugin)
