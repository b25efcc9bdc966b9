/* SPDX-License-Identifier: Apache-2.0 */
#include "flattening.h"
#include "json.h"

const struct headrace_key json_keys[] = {
    {"format", HEADRACE_ENUM, NULL, 0, "debezium|envelope|op|plain|cloudevents|flat|auto", NULL,
     "shape of the records; default: debezium to write, auto to read, which tells them apart"},
    {"schemas", HEADRACE_BOOL, "no", 0, NULL, NULL,
     "format=debezium, flat, cloudevents: wrap key and value as {\"schema\":…,\"payload\":…} for "
     "Kafka "
     "Connect"},
    CONNECT_KEYS,
    FLATTENING_KEYS,
    REGISTRY_URLS(
        0, NULL,
        "URLs of a schema registry: records have the id of their JSON Schema there before "
        "them; default: none"),
    REGISTRY_MORE_KEYS,
    SUBJECT_KEYS,
    {"key_format", HEADRACE_ENUM, NULL, 0, "json|text", NULL,
     "the key as an object, or as the plain text of its columns; default: text for format=plain "
     "and format=envelope, else json"},
    {"operation_field", HEADRACE_STRING, "operation", 0, NULL, NULL,
     "format=plain: the field that tells the operation; empty: no such field"},
    {0}};

static enum key_format read_key_format(const struct headrace_host *host, enum format format)
{
  const char *name = host->string(host, "key_format");
  if (name)
    return strcmp(name, "text") ? KEY_JSON : KEY_TEXT;
  return format == FORMAT_PLAIN || format == FORMAT_ENVELOPE ? KEY_TEXT : KEY_JSON;
}

void json_options_read(const struct headrace_host *host, struct options *options)
{
  enum format format = (enum format)host->integer(host, "format");
  options_read(host, format, options);
  options->schemas = host->integer(host, "schemas");
  options->operation_field = host->string(host, "operation_field");
  options->key_format = read_key_format(host, format);
  options->text_keys = host->string(host, "key_format") && options->key_format == KEY_TEXT;
}

bool json_has_registry(const struct headrace_host *host)
{
  const struct headrace_pair *urls;
  return host->list(host, "registry", &urls) > 0;
}

static enum headrace_result check_registry(const struct headrace_host *host, enum format format)
{
  const char *key_format = host->string(host, "key_format");
  char error[160];
  const char *wrong = NULL;
  if (!json_has_registry(host))
    return HEADRACE_OK;
  if (format != FORMAT_DEBEZIUM && format != FORMAT_FLAT && format != FORMAT_AUTO)
    wrong = "registry goes with format = debezium, flat and, to read, auto";
  else if (host->integer(host, "schemas"))
    wrong = "registry and schemas = yes do not go together: each brings the schema";
  else if (key_format && !strcmp(key_format, "text"))
    wrong = "registry needs key_format = json";
  if (wrong)
    host->log(host, HEADRACE_ERROR, "%s", wrong);
  if (subject_topic_check(host->string(host, "topic"), error, sizeof error))
    return wrong ? HEADRACE_FATAL : HEADRACE_OK;
  host->log(host, HEADRACE_ERROR, "topic: %s", error);
  return HEADRACE_FATAL;
}

enum headrace_result json_check(const struct headrace_host *host)
{
  enum format format = (enum format)host->integer(host, "format");
  enum headrace_result result = options_check(host, format);
  if (check_registry(host, format) != HEADRACE_OK)
    result = HEADRACE_FATAL;
  if (host->integer(host, "schemas") && format != FORMAT_DEBEZIUM && format != FORMAT_FLAT &&
      format != FORMAT_CLOUDEVENTS) {
    host->log(host, HEADRACE_ERROR,
              "schemas = yes goes with format = debezium, flat or cloudevents only");
    result = HEADRACE_FATAL;
  }
  const char *key_format = host->string(host, "key_format");
  if (host->integer(host, "schemas") && key_format && !strcmp(key_format, "text")) {
    host->log(host, HEADRACE_ERROR, "schemas = yes needs key_format = json");
    result = HEADRACE_FATAL;
  }
  return result;
}
