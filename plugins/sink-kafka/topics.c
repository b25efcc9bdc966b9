/* SPDX-License-Identifier: Apache-2.0
 *
 * Which topic a record goes to. Decided once for each relation (and each name
 * that a codec gives), then looked up by the relation's id. */
#include "sink.h"

#include "kafka_topic.h"
#include "template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const places[] = {"prefix", "schema", "table", "topic", NULL};

static char *copy(const char *text, size_t size)
{
  return size ? memcpy(sink_alloc(size + 1), text, size) : sink_alloc(1);
}

/* ---- topics ------------------------------------------------------------- */

static struct topic *topic_new(struct sink *sink, const char *name)
{
  struct topic *topic = sink_alloc(sizeof *topic);
  topic->name = copy(name, strlen(name));
  topic->state = sink->create_topics ? TOPIC_MISSING : TOPIC_READY;
  topic->next = sink->topics;
  sink->topics = topic;
  return topic;
}

/* librdkafka asks for the topic at once, and brokers create what they are asked
 * for: so not before the topic was created as it should be. */
bool topic_open(struct sink *sink, struct topic *topic)
{
  rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(sink->kafka);
  partitioner_set(sink->host, conf, topic);
  topic->handle = rd_kafka_topic_new(sink->kafka, topic->name, conf);
  if (topic->handle)
    return true;
  /* not for a legal name and a configuration that was checked */
  sink->host->log(sink->host, HEADRACE_ERROR, "topic %s: %s", topic->name,
                  rd_kafka_err2str(rd_kafka_last_error()));
  rd_kafka_topic_conf_destroy(conf);
  topic->state = TOPIC_REFUSED;
  sink_fail(sink, HEADRACE_FATAL);
  return false;
}

static struct topic *topic_named(struct sink *sink, const char *name)
{
  for (struct topic *topic = sink->topics; topic; topic = topic->next)
    if (!strcmp(topic->name, name))
      return topic;
  return topic_new(sink, name);
}

void topics_free(struct sink *sink)
{
  for (struct topic *topic = sink->topics, *next; topic; topic = next) {
    next = topic->next;
    if (topic->handle)
      rd_kafka_topic_destroy(topic->handle);
    spread_free(&topic->spread);
    free(topic->name);
    free(topic);
  }
  sink->topics = NULL;
  for (size_t i = 0; i < sink->routes.capacity; i++)
    free(sink->routes.items[i].named);
  free(sink->routes.items);
  sink->routes = (struct routes){0};
}

/* ---- naming ------------------------------------------------------------- */

static const char *mapped(const struct headrace_host *host, const char *name)
{
  const struct headrace_pair *map;
  size_t count = host->list(host, "topics", &map);
  for (size_t i = 0; i < count; i++)
    if (!strcmp(map[i].name, name))
      return map[i].value;
  return NULL;
}

static char *expand(const struct sink *sink, const char *text,
                    const struct headrace_relation *relation, const char *named)
{
  const struct headrace_pair values[] = {{"prefix", sink->prefix},
                                         {"schema", relation ? relation->schema : NULL},
                                         {"table", relation ? relation->table : NULL},
                                         {"topic", named}};
  return template_expand(text, values, sizeof values / sizeof *values);
}

/* What the map says, or else the name before it is made legal. */
static char *raw_name(const struct sink *sink, const struct headrace_relation *relation,
                      const char *named)
{
  const struct headrace_pair table[] = {{"s", relation ? relation->schema : NULL},
                                        {"t", relation ? relation->table : NULL}};
  char *key = named ? copy(named, strlen(named)) : template_expand("{s}.{t}", table, 2);
  const char *given = mapped(sink->host, key);
  free(key);
  if (given)
    return copy(given, strlen(given));
  if (!named || template_uses(sink->topic_template, "topic"))
    return expand(sink, sink->topic_template, relation, named);
  bool whole = relation || strchr(named, '.');
  return whole ? copy(named, strlen(named)) : expand(sink, "{prefix}.{topic}", NULL, named);
}

static struct topic *decide(struct sink *sink, const struct headrace_relation *relation,
                            const char *named)
{
  char *name = raw_name(sink, relation, named);
  char *wanted = copy(name, strlen(name));
  if (kafka_topic_sanitise(name))
    sink->host->log(sink->host, HEADRACE_WARNING,
                    "\"%s\" is no legal topic name, records go to \"%s\"", wanted, name);
  struct topic *topic = *name ? topic_named(sink, name) : NULL;
  free(wanted);
  free(name);
  return topic;
}

/* ---- routes ------------------------------------------------------------- */

static size_t hash(uint64_t relation_id, const char *named, size_t size)
{
  uint64_t sum = 0xcbf29ce484222325 ^ relation_id;
  for (size_t i = 0; i < size; i++)
    sum = (sum ^ (unsigned char)named[i]) * 0x100000001b3;
  return (size_t)((sum * 0x9e3779b97f4a7c15) >> 32);
}

static bool is_route(const struct route *route, uint64_t relation_id, const char *named,
                     size_t size)
{
  if (route->relation_id != relation_id || !route->named != !named)
    return false;
  return !named || (strlen(route->named) == size && !memcmp(route->named, named, size));
}

static struct route *find(const struct routes *routes, uint64_t relation_id, const char *named,
                          size_t size)
{
  size_t mask = routes->capacity - 1;
  for (size_t i = hash(relation_id, named, size) & mask;; i = (i + 1) & mask) {
    struct route *route = &routes->items[i];
    if (!route->topic || is_route(route, relation_id, named, size))
      return route;
  }
}

static void grow(struct routes *routes)
{
  struct routes old = *routes;
  routes->capacity = old.capacity ? 2 * old.capacity : 64;
  routes->items = sink_alloc(routes->capacity * sizeof *routes->items);
  for (size_t i = 0; i < old.capacity; i++) {
    struct route *route = &old.items[i];
    size_t size = route->named ? strlen(route->named) : 0;
    if (route->topic)
      *find(routes, route->relation_id, route->named, size) = *route;
  }
  free(old.items);
}

static struct topic *look_up(struct sink *sink, const struct headrace_relation *relation,
                             const char *named, size_t size)
{
  struct routes *routes = &sink->routes;
  if (2 * routes->count >= routes->capacity)
    grow(routes);
  uint64_t id = relation ? relation->id : 0;
  struct route *route = find(routes, id, named, size);
  if (route->topic)
    return route->topic;
  char *text = named ? copy(named, size) : NULL;
  struct topic *topic = decide(sink, relation, text);
  if (!topic) {
    free(text);
    return NULL;
  }
  *route = (struct route){.relation_id = id, .named = text, .topic = topic};
  routes->count++;
  return topic;
}

struct topic *topic_for(struct sink *sink, const struct headrace_event *event)
{
  const struct headrace_relation *relation = event->change ? event->change->relation : NULL;
  const struct headrace_value *named = &event->record->topic;
  if (named->state >= HEADRACE_TEXT && named->size)
    return look_up(sink, relation, named->data, named->size);
  if (!relation)
    return NULL;
  if (relation->id == sink->routes.last_relation)
    return sink->routes.last_topic;
  struct topic *topic = look_up(sink, relation, NULL, 0);
  sink->routes.last_relation = topic ? relation->id : 0;
  sink->routes.last_topic = topic;
  return topic;
}

struct topic *topic_of_name(struct sink *sink, const char *name, size_t size)
{
  return look_up(sink, NULL, name, size);
}

struct topic *topic_for_dead_letter(struct sink *sink, const struct headrace_event *event)
{
  const struct headrace_value *named = &event->record->topic;
  bool has_name = named->state >= HEADRACE_TEXT;
  char *text = has_name ? copy(named->data, named->size) : NULL;
  char *name =
      expand(sink, sink->dead_letter, event->change ? event->change->relation : NULL, text);
  kafka_topic_sanitise(name);
  struct topic *topic = topic_named(sink, *name ? name : "dead-letter");
  free(text);
  free(name);
  return topic;
}

/* ---- checks -------------------------------------------------------------- */

static bool check_template(const struct headrace_host *host, const char *key)
{
  char error[256];
  const char *text = host->string(host, key);
  bool good = template_check(text, places, error, sizeof error);
  if (!good)
    host->log(host, HEADRACE_ERROR, "%s: %s; the places are {prefix} {schema} {table} {topic}", key,
              error);
  else if (!*text) {
    host->log(host, HEADRACE_ERROR, "%s: is empty", key);
    good = false;
  }
  return good;
}

bool topics_check(const struct headrace_host *host)
{
  bool good = check_template(host, "topic");
  good = check_template(host, "dead_letter") && good;
  const struct headrace_pair *map;
  size_t count = host->list(host, "topics", &map);
  for (size_t i = 0; i < count; i++) {
    if (kafka_topic_legal(map[i].value))
      continue;
    host->log(host, HEADRACE_ERROR,
              "topics: \"%s\" is no legal topic name: 1 to %d of A-Z a-z 0-9 . _ -", map[i].value,
              KAFKA_TOPIC_NAME_MAX);
    good = false;
  }
  return good;
}
