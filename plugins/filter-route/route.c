/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include "must_alloc.h"

static const struct headrace_key keys[] = {
    {.name = "on",
     .type = HEADRACE_ENUM,
     .default_value = "changes",
     .choices = "changes|records",
     .help = "what is routed: tables of changes, or topics of records"},
    {.name = "rules",
     .type = HEADRACE_MAP,
     .help = "expression = name; the first that fits the table or topic counts"},
    {.name = "unmatched",
     .type = HEADRACE_ENUM,
     .default_value = "pass",
     .choices = "pass|drop|refuse",
     .help = "what becomes of a table or topic that no rule fits"},
    {.name = "table_column",
     .help = "on = changes: a column, of the key too, that tells the table it was"},
    {.name = "partition",
     .type = HEADRACE_ENUM,
     .default_value = "keep",
     .choices = "keep|sink|columns",
     .help = "on = records: as it came, as the sink decides, or by partition_by"},
    {.name = "partition_by",
     .type = HEADRACE_LIST,
     .help = "partition = columns: columns whose values choose the partition"},
    {.name = "partitions",
     .type = HEADRACE_INT,
     .default_value = "0",
     .help = "partition = columns: how many there are"},
    {0}};

#define COLUMNS_MOST 8 /* struct table */

static bool check_partition(const struct headrace_host *host)
{
  const struct headrace_pair *items;
  size_t count = host->list(host, "partition_by", &items);
  int64_t partitions = host->integer(host, "partitions");
  bool of_records = host->integer(host, "on") != 0;
  bool by_columns = host->integer(host, "partition") == PARTITION_COLUMNS;
  const char *fault = NULL;
  if (host->integer(host, "partition") != PARTITION_KEEP && !of_records)
    fault = "partition: changes have none; it needs on = records";
  else if (by_columns && (!count || count > COLUMNS_MOST))
    fault = "partition_by: partition = columns needs one to eight columns";
  else if (by_columns && (partitions < 1 || partitions > INT32_MAX))
    fault = "partitions: partition = columns needs to know how many there are";
  else if (!by_columns && (count || partitions))
    fault = "partition_by and partitions are for partition = columns";
  else if (host->string(host, "table_column") && of_records)
    fault = "table_column: records have no columns; it needs on = changes";
  if (fault)
    host->log(host, HEADRACE_ERROR, "%s", fault);
  return !fault;
}

/* False: a fault was said. */
static bool read(const struct headrace_host *host, struct route *route)
{
  *route = (struct route){.host = host,
                          .of_records = host->integer(host, "on") != 0,
                          .unmatched = (enum unmatched)host->integer(host, "unmatched"),
                          .partition = (enum partition)host->integer(host, "partition"),
                          .partitions = host->integer(host, "partitions"),
                          .table_column = host->string(host, "table_column")};
  route->tables =
      (struct relation_cache){.make = table_make, .discard = table_discard, .context = route};
  route->partition_by_count = host->list(host, "partition_by", &route->partition_by);
  bool good = rules_read(host, route->of_records, &route->rules);
  /* The columns' places in struct table have room for so many. */
  return check_partition(host) && good;
}

static void release(struct route *route)
{
  relation_cache_empty(&route->tables);
  topics_free(route);
  tally_free(&route->tally);
  rules_free(&route->rules);
}

static enum headrace_result route_check(const struct headrace_host *host)
{
  struct route route;
  bool good = read(host, &route);
  release(&route);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

static enum headrace_result route_open(const struct headrace_host *host, void **instance)
{
  struct route *route = must_alloc(1, sizeof *route);
  if (read(host, route)) {
    *instance = route;
    return HEADRACE_OK;
  }
  release(route);
  free(route);
  return HEADRACE_FATAL;
}

static void route_close(void *instance)
{
  struct route *route = instance;
  tally_tell(&route->tally, route->host);
  release(route);
  free(route);
}

static enum headrace_result route_tick(void *instance)
{
  struct route *route = instance;
  tally_tell(&route->tally, route->host);
  return HEADRACE_OK;
}

static int route_on_records(void *instance)
{
  const struct route *route = instance;
  return route->of_records;
}

enum headrace_result route_unmatched(struct route *route, const struct headrace_event *event,
                                     struct headrace_batch *out, uint32_t *passed)
{
  const struct headrace_host *host = route->host;
  *passed = route->unmatched == UNMATCHED_PASS;
  if (route->unmatched == UNMATCHED_PASS) {
    host->add_event(host, out, event);
    return HEADRACE_OK;
  }
  if (route->unmatched == UNMATCHED_DROP) {
    route->tally.dropped += route->of_records;
    return HEADRACE_OK;
  }
  return host->refuse(host, out, "unroutable", "no rule fits the name of its table or topic") ==
                 HEADRACE_VERDICT_STOP
             ? HEADRACE_FATAL
             : HEADRACE_OK;
}

static const struct headrace_relation *relation_after(void *context,
                                                      const struct headrace_relation *relation)
{
  struct route *route = context;
  const struct table *table = relation_cache_get(&route->tables, relation);
  return table->derived;
}

static enum headrace_result route_apply(void *instance, const struct headrace_event *event,
                                        struct headrace_batch *out)
{
  struct route *route = instance;
  uint32_t passed;
  if (route->of_records)
    return route_record(route, event, out);
  if (event->change->operation >= HEADRACE_BEGIN) {
    tally_pass(&route->tally, route->host, event, out, relation_after, route);
    return HEADRACE_OK;
  }
  enum headrace_result result = route_change(route, event, out, &passed);
  if (result == HEADRACE_OK)
    tally_note(&route->tally, event->change, passed);
  return result;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_FILTER,
    .name = "route",
    .version = HEADRACE_VERSION,
    .description = "other names for tables or topics, by rules, and partitions by columns",
    .keys = keys,
    .open = route_open,
    .close = route_close,
    .tick = route_tick,
    .check = route_check,
    .apply = route_apply,
    .on_records = route_on_records,
};

HEADRACE_REGISTER_PLUGIN(plugin)
