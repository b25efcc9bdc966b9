/* SPDX-License-Identifier: Apache-2.0
 *
 * Metadata: the one broker, and topics, which are made when they are asked for; and
 * DescribeTopicPartitions, the same in pages. */
#include "broker.h"
#include "operations.h"
#include "repeats.h"

#include <stdlib.h>

typedef struct metadata_response_topic topic_answer;

struct inquiry {
  struct metadata_response *answer;
  size_t pending; /* topics that are being made, and one */
};

struct creation {
  struct exchange *exchange;
  topic_answer *answer;
};

/* ---- answers ---------------------------------------------------------------------------- */

static void list_node(struct wire_arena *arena, struct wire_int32_array *array, int32_t node)
{
  array->items = wire_alloc(arena, sizeof *array->items);
  array->items[0] = node;
  array->count = 1;
}

static void describe_partitions(struct exchange *exchange, const struct topic *topic,
                                topic_answer *answer)
{
  struct wire_arena *arena = &exchange->arena;
  int32_t node = exchange->broker->node_id;
  WIRE_ITEMS(arena, answer->partitions, topic->partition_count, metadata_response_partition);
  for (int32_t i = 0; i < topic->partition_count; i++) {
    struct metadata_response_partition *partition = &answer->partitions.items[i];
    bool known;
    partition->partition_index = i;
    partition->leader_id = node;
    partition->leader_epoch = partition_marks(topic->partitions[i], &known).leader_epoch;
    list_node(arena, &partition->replica_nodes, node);
    list_node(arena, &partition->isr_nodes, node);
  }
}

static void describe(struct exchange *exchange, const struct topic *topic, topic_answer *answer)
{
  answer->error_code = KAFKA_NONE;
  answer->name = wire_copy(&exchange->arena, wire_text(topic->name));
  answer->topic_id = topic_uuid(topic);
  describe_partitions(exchange, topic, answer);
}

static void say_operations(const struct exchange *exchange, struct metadata_response *answer)
{
  const struct metadata_request *request = exchange->request.body;
  if (request->include_cluster_authorized_operations)
    answer->cluster_authorized_operations = CLUSTER_OPERATIONS;
  for (int32_t i = 0; request->include_topic_authorized_operations && i < answer->topics.count; i++)
    answer->topics.items[i].topic_authorized_operations = TOPIC_OPERATIONS;
}

static void finish(struct exchange *exchange)
{
  struct inquiry *inquiry = exchange->work;
  if (--inquiry->pending)
    return;
  say_operations(exchange, inquiry->answer);
  exchange_answer(exchange, inquiry->answer);
}

/* ---- topics that are not there -------------------------------------------------------------- */

static void created(void *context, enum headrace_log_error error, const char *reason)
{
  struct creation *creation = context;
  struct broker *broker = creation->exchange->broker;
  (void)reason;
  topics_refresh(broker);
  struct topic *topic = topic_named(broker, creation->answer->name);
  if (topic)
    describe(creation->exchange, topic, creation->answer);
  else
    creation->answer->error_code =
        (int16_t)(error == HEADRACE_LOG_INVALID ? KAFKA_INVALID_TOPIC_EXCEPTION
                                                : KAFKA_LEADER_NOT_AVAILABLE);
  finish(creation->exchange);
}

static void create(struct exchange *exchange, topic_answer *answer)
{
  struct broker *broker = exchange->broker;
  struct inquiry *inquiry = exchange->work;
  struct creation *creation = wire_alloc(&exchange->arena, sizeof *creation);
  const struct headrace_log_new_topic topic = {
      .name = wire_string(&exchange->arena, answer->name),
      .partition_count = broker->default_partitions,
  };
  *creation = (struct creation){exchange, answer};
  inquiry->pending++;
  broker->log->create_topic(broker->log->self, &topic, created, creation);
}

static void look_up(struct exchange *exchange, const struct metadata_request_topic *asked,
                    topic_answer *answer)
{
  const struct metadata_request *request = exchange->request.body;
  struct topic *topic = topic_of(exchange->broker, asked->name, &asked->topic_id);
  answer->name = asked->name;
  answer->topic_id = asked->topic_id;
  if (topic)
    describe(exchange, topic, answer);
  else if (!asked->name.data && !wire_uuid_is_zero(&asked->topic_id))
    answer->error_code = KAFKA_UNKNOWN_TOPIC_ID;
  else if (topic_name_fault(&exchange->arena, asked->name))
    answer->error_code = KAFKA_INVALID_TOPIC_EXCEPTION;
  else if (exchange->broker->auto_create && request->allow_auto_topic_creation)
    create(exchange, answer);
  else
    answer->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
}

/* ---- requests ----------------------------------------------------------------------------------
 */

/* Version 0 has no null: there the empty list stands for all. */
static bool asks_for_all(const struct exchange *exchange)
{
  const struct metadata_request *request = exchange->request.body;
  return request->topics.count < 0 || (!exchange->request.version && !request->topics.count);
}

static void describe_all(struct exchange *exchange, struct metadata_response *answer)
{
  const struct headrace_log_catalogue *catalogue = exchange->broker->catalogue;
  int32_t count = 0;
  WIRE_ITEMS(&exchange->arena, answer->topics, catalogue->topic_count, metadata_response_topic);
  for (size_t i = 0; i < catalogue->topic_count; i++) {
    struct topic *topic = topic_named(exchange->broker, wire_text(catalogue->topics[i].name));
    if (topic)
      describe(exchange, topic, &answer->topics.items[count++]);
  }
  answer->topics.count = count;
}

static void describe_broker(struct exchange *exchange, struct metadata_response *answer)
{
  struct broker *broker = exchange->broker;
  WIRE_ITEMS(&exchange->arena, answer->brokers, 1, metadata_response_broker);
  answer->brokers.items[0].node_id = broker->node_id;
  answer->brokers.items[0].host = broker_host(exchange);
  answer->brokers.items[0].port = broker_port(exchange);
  answer->cluster_id = wire_text(broker->log->cluster_id(broker->log->self));
  answer->controller_id = broker->node_id;
}

/* Of a topic, by its name or its id. */
static struct wire_slice key_of(const struct metadata_request_topic *asked)
{
  if (asked->name.data)
    return asked->name;
  return (struct wire_slice){(const char *)asked->topic_id.bytes, sizeof asked->topic_id.bytes};
}

/* Each once, however often it is asked for, as in Kafka. */
static void describe_asked(struct exchange *exchange, struct metadata_response *answer)
{
  const struct metadata_request *request = exchange->request.body;
  int32_t count = request->topics.count;
  struct wire_slice *keys = wire_alloc(&exchange->arena, ((size_t)count + 1) * sizeof *keys);
  for (int32_t i = 0; i < count; i++)
    keys[i] = key_of(&request->topics.items[i]);
  const int32_t *first =
      first_of_equal(&exchange->arena, (struct named_items){keys, count, sizeof *keys, 0});
  WIRE_ITEMS(&exchange->arena, answer->topics, count, metadata_response_topic);
  answer->topics.count = 0;
  for (int32_t i = 0; i < count; i++)
    if (first[i] == i)
      look_up(exchange, &request->topics.items[i], &answer->topics.items[answer->topics.count++]);
}

void handle_metadata(struct exchange *exchange)
{
  struct metadata_response *answer = WIRE_NEW(&exchange->arena, metadata_response);
  struct inquiry *inquiry = wire_alloc(&exchange->arena, sizeof *inquiry);
  *inquiry = (struct inquiry){answer, 1};
  exchange->work = inquiry;
  describe_broker(exchange, answer);
  if (asks_for_all(exchange))
    describe_all(exchange, answer);
  else
    describe_asked(exchange, answer);
  finish(exchange);
}

/* ---- DescribeTopicPartitions
 * --------------------------------------------------------------------- */

#define PARTITIONS_A_PAGE 2000 /* Kafka's max.request.partition.size.limit */

typedef struct describe_topic_partitions_response_topic page_topic;

struct page {
  struct exchange *exchange;
  struct describe_topic_partitions_response *answer;
  int32_t left; /* partitions */
};

static int by_name(const void *a, const void *b)
{
  return wire_compare(*(const struct wire_slice *)a, *(const struct wire_slice *)b);
}

/* All names, or those that are asked for, in order. */
static struct wire_slice *names_of(struct exchange *exchange, size_t *count)
{
  const struct describe_topic_partitions_request *request = exchange->request.body;
  const struct headrace_log_catalogue *catalogue = exchange->broker->catalogue;
  bool all = request->topics.count <= 0;
  *count = all ? catalogue->topic_count : (size_t)request->topics.count;
  struct wire_slice *names = wire_alloc(&exchange->arena, (*count + 1) * sizeof *names);
  for (size_t i = 0; i < *count; i++)
    names[i] = all ? wire_copy(&exchange->arena, wire_text(catalogue->topics[i].name))
                   : request->topics.items[i].name;
  qsort(names, *count, sizeof *names, by_name);
  return names;
}

static void fill_page(struct page *page, const struct topic *topic, int32_t from,
                      page_topic *answer)
{
  struct exchange *exchange = page->exchange;
  int32_t node = exchange->broker->node_id, count = topic->partition_count - from;
  if (count > page->left)
    count = page->left;
  answer->topic_id = topic_uuid(topic);
  WIRE_ITEMS(&exchange->arena, answer->partitions, count > 0 ? count : 0,
             describe_topic_partitions_response_partition);
  for (int32_t i = 0; i < answer->partitions.count; i++) {
    struct describe_topic_partitions_response_partition *partition = &answer->partitions.items[i];
    bool known;
    partition->partition_index = from + i;
    partition->leader_id = node;
    partition->leader_epoch = partition_marks(topic->partitions[from + i], &known).leader_epoch;
    list_node(&exchange->arena, &partition->replica_nodes, node);
    list_node(&exchange->arena, &partition->isr_nodes, node);
    /* Java's AdminClient does not take the null that the protocol allows. */
    partition->eligible_leader_replicas.count = 0;
    partition->last_known_elr.count = 0;
  }
  page->left -= answer->partitions.count;
  if (from + answer->partitions.count >= topic->partition_count)
    return;
  page->answer->next_cursor = WIRE_NEW(&exchange->arena, describe_topic_partitions_response_cursor);
  page->answer->next_cursor->topic_name = answer->name;
  page->answer->next_cursor->partition_index = from + answer->partitions.count;
}

static void add_to_page(struct page *page, struct wire_slice name, int32_t from)
{
  struct describe_topic_partitions_response *answer = page->answer;
  if (page->left <= 0) {
    answer->next_cursor =
        WIRE_NEW(&page->exchange->arena, describe_topic_partitions_response_cursor);
    answer->next_cursor->topic_name = name;
    return;
  }
  struct topic *topic = topic_named(page->exchange->broker, name);
  page_topic *said = &answer->topics.items[answer->topics.count++];
  said->name = name;
  said->topic_authorized_operations = TOPIC_OPERATIONS;
  if (topic)
    fill_page(page, topic, from, said);
  else
    said->error_code = topic_name_fault(&page->exchange->arena, name)
                           ? KAFKA_INVALID_TOPIC_EXCEPTION
                           : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
}

void handle_describe_topic_partitions(struct exchange *exchange)
{
  const struct describe_topic_partitions_request *request = exchange->request.body;
  struct describe_topic_partitions_response *answer =
      WIRE_NEW(&exchange->arena, describe_topic_partitions_response);
  struct page page = {exchange, answer, request->response_partition_limit};
  size_t count;
  struct wire_slice *names = names_of(exchange, &count);
  if (page.left <= 0 || page.left > PARTITIONS_A_PAGE)
    page.left = PARTITIONS_A_PAGE;
  WIRE_ITEMS(&exchange->arena, answer->topics, count, describe_topic_partitions_response_topic);
  answer->topics.count = 0;
  for (size_t i = 0; i < count && !answer->next_cursor; i++) {
    int order = request->cursor ? by_name(&names[i], &request->cursor->topic_name) : 1;
    bool again = i && wire_equal(names[i], names[i - 1]);
    if (order >= 0 && !again)
      add_to_page(&page, names[i],
                  order || request->cursor->partition_index < 0 ? 0
                                                                : request->cursor->partition_index);
  }
  exchange_answer(exchange, answer);
}
