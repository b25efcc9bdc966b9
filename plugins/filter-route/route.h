/* SPDX-License-Identifier: Apache-2.0
 *
 * filter route: other names for tables (of changes) or topics (of records), by rules. */
#ifndef HEADRACE_ROUTE_H
#define HEADRACE_ROUTE_H

#include "name_pattern.h"
#include "relation_cache.h"
#include "transaction_tally.h"

enum unmatched { UNMATCHED_PASS = 0, UNMATCHED_DROP, UNMATCHED_REFUSE };
enum partition { PARTITION_KEEP = 0, PARTITION_SINK, PARTITION_COLUMNS };

struct rule {
  regex_t expression;
  char *to;
};

struct rules {
  struct rule *items;
  size_t count;
  bool of_partitions; /* a name says {partition} */
};

/* What a rule may ask for besides \0 to \9. */
struct subject {
  const char *topic, *schema, *table; /* NULL: there is none */
  int32_t partition;                  /* -1: none */
};

struct route {
  const struct headrace_host *host;
  struct rules rules;
  enum unmatched unmatched;
  enum partition partition;
  bool of_records;
  const struct headrace_pair *partition_by;
  size_t partition_by_count;
  int64_t partitions;
  const char *table_column; /* NULL: none */
  struct relation_cache tables;
  struct topic_name *topics; /* names of topics that are known already */
  size_t topic_count;
  struct transaction_tally tally;
};

/* False: a fault was said. rules_free() in any case. */
bool rules_read(const struct headrace_host *host, bool of_records, struct rules *rules);
void rules_free(struct rules *rules);
/* The name that the first rule that fits gives to `name`; NULL: none fits, or it gives nothing.
 * The caller frees it. */
char *rules_name(const struct rules *rules, const char *name, const struct subject *subject);

/* "schema.table"; the caller frees it. */
char *table_name(const struct headrace_relation *relation);

/* tables.c: what becomes of a relation. */
struct table {
  bool matched;
  bool no_column; /* it lacks one of partition_by */
  uint32_t by[8]; /* the columns' indexes */
  size_t by_count;
  char *topic;                             /* of records without a topic of their own */
  char *name;                              /* as it came */
  const struct headrace_relation *derived; /* NULL: as it came */
};

void *table_make(void *context, const struct headrace_relation *relation);
void table_discard(void *context, void *made);
enum headrace_result route_change(struct route *route, const struct headrace_event *event,
                                  struct headrace_batch *out, uint32_t *passed);

/* topics.c */
enum headrace_result route_record(struct route *route, const struct headrace_event *event,
                                  struct headrace_batch *out);
void topics_free(struct route *route);

/* What `unmatched` says. */
enum headrace_result route_unmatched(struct route *route, const struct headrace_event *event,
                                     struct headrace_batch *out, uint32_t *passed);

#endif
