/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-avro: changes become Avro records with their schemas in a registry, and these become
 * changes. */
#include "codec_avro.h"
#include "flattening.h"

#include <string.h>

static const struct headrace_key keys[] = {
    REGISTRY_KEYS,
    {"format", HEADRACE_ENUM, NULL, 0, "debezium|plain|flat|auto", NULL,
     "shape of the records; default: debezium to write, auto to read, which tells them apart"},
    SUBJECT_KEYS,
    {"reader", HEADRACE_ENUM, "writer", 0, "writer|latest", NULL,
     "reading: records are taken as they were written, or as data of the newest schema of their "
     "subject"},
    CONNECT_KEYS,
    FLATTENING_KEYS,
    {0}};

static enum format format_of(const struct headrace_host *host)
{
  static const enum format formats[] = {FORMAT_DEBEZIUM, FORMAT_PLAIN, FORMAT_FLAT, FORMAT_AUTO};
  return formats[host->integer(host, "format")];
}

static enum headrace_result avro_check(const struct headrace_host *host)
{
  char error[160];
  enum headrace_result result = options_check(host, format_of(host));
  if (!subject_topic_check(host->string(host, "topic"), error, sizeof error)) {
    host->log(host, HEADRACE_ERROR, "topic: %s", error);
    result = HEADRACE_FATAL;
  }
  return result;
}

static enum headrace_result avro_open(const struct headrace_host *host, void **instance)
{
  static const struct dialect dialect = {.plan = avro_plan_new,
                                         .plan_free = avro_plan_free,
                                         .emit = avro_emit,
                                         .document = avro_document,
                                         .read = avro_record_read};
  if (avro_check(host) != HEADRACE_OK)
    return HEADRACE_FATAL;
  struct registry *registry = registry_open(host);
  if (!registry)
    return HEADRACE_FATAL;
  struct avro_codec *avro = avro_must(calloc(1, sizeof *avro));
  avro->registry = registry;
  avro->strategy = (enum subject_strategy)host->integer(host, "subject_strategy");
  avro->topic = host->string(host, "topic");
  avro->latest = host->integer(host, "reader");
  avro->codec.host = host;
  avro->codec.dialect = &dialect;
  options_read(host, format_of(host), &avro->codec.options);
  avro->codec.options.natural = false; /* rows have schemas, too */
  codec_begin(&avro->codec);
  *instance = avro;
  return HEADRACE_OK;
}

static void avro_close(void *instance)
{
  struct avro_codec *avro = instance;
  codec_end(&avro->codec);
  avro_known_clear(avro);
  registry_close(avro->registry);
  free(avro->nested.data);
  free(avro);
}

static enum headrace_result avro_encode(void *instance, const struct headrace_event *event,
                                        struct headrace_batch *out)
{
  struct avro_codec *avro = instance;
  struct codec *codec = &avro->codec;
  enum headrace_result result;
  if (codec_encode_other(codec, event->change, out, &result))
    return result;
  struct relation_plan *plan = plan_of(codec, event->change->relation);
  result = avro_register(avro, plan, out);
  if (result == HEADRACE_OK)
    result = codec->options.format == FORMAT_PLAIN ? avro_plain_encode(codec, event->change, out)
                                                   : debezium_encode(codec, event->change, out);
  return result == HEADRACE_AGAIN ? HEADRACE_OK : result; /* refused, which was dealt with */
}

static enum headrace_result avro_decode(void *instance, const struct headrace_event *event,
                                        struct headrace_batch *out)
{
  struct avro_codec *avro = instance;
  return codec_decode(&avro->codec, event, out);
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_CODEC,
    .name = "avro",
    .version = HEADRACE_VERSION,
    .description = "changes as Avro with a schema registry, and back: Debezium's envelope, rows",
    .keys = keys,
    .open = avro_open,
    .close = avro_close,
    .check = avro_check,
    .encode = avro_encode,
    .decode = avro_decode,
};
HEADRACE_REGISTER_PLUGIN(plugin)
