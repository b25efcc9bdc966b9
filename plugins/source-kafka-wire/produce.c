/* SPDX-License-Identifier: Apache-2.0
 *
 * Produce: answered when its records are durable, never before. A request is taken in pieces, so
 * that what its records become in memory is bounded, however many there are. */
#include "produce.h"

/* Of what one batch of the pipeline takes, but for a rest. */
#define PIECE_MEMORY ((size_t)8 << 20)

typedef struct produce_response_partition_produce_response partition_answer;
typedef struct produce_request_topic_produce_data topic_data;

struct produce { /* of an exchange */
  struct exchange *exchange;
  struct timer timer;      /* its timeout.ms */
  uint64_t first_flight;   /* of its own, which lie one behind the other */
  int64_t throttled_until; /* 0: it is not too much */
  struct produce_response *answer;
  partition_answer **partitions; /* all, one after another */
  size_t pending;
  int32_t topic, partition; /* of the request: what comes next */
  size_t next;              /* in `partitions` */
  bool taken;               /* all of it was */
};

bool produce_has_room(const struct broker *broker)
{
  return broker->batch && broker->batch_memory < PIECE_MEMORY &&
         !broker->host->full(broker->host, broker->batch);
}

static void reply(struct exchange *exchange)
{
  struct produce *produce = exchange->work;
  timer_clear(&exchange->broker->timers, &produce->timer);
  int64_t left_ms = produce->throttled_until - broker_clock_ms();
  produce->answer->throttle_time_ms = left_ms > 0 ? (int32_t)left_ms : 0;
  exchange_answer(exchange, produce->answer);
}

/* ---- requests that take too long --------------------------------------------------------- */

static void give_up(struct produce *produce, struct flight *flight)
{
  partition_answer *answer = produce->partitions[flight->answer];
  answer->error_code = KAFKA_REQUEST_TIMED_OUT;
  answer->base_offset = -1;
  flight->exchange = NULL;
  flight->reason = NULL;
}

static void refuse_rest(struct exchange *exchange);
static void all_taken(struct exchange *exchange);

/* As in Kafka its records may be there all the same, or come to be; a producer that numbers them
 * sends them again, and has them once. */
static void waited_enough(struct timer *timer)
{
  struct produce *produce = (struct produce *)((char *)timer - offsetof(struct produce, timer));
  struct connection *connection = produce->taken ? NULL : produce->exchange->connection;
  const struct in_flight *in_flight = &produce->exchange->broker->in_flight;
  uint64_t number = produce->first_flight;
  if (number < in_flight->dropped)
    number = in_flight->dropped;
  struct flight *flight;
  for (; produce->pending && (flight = in_flight_numbered(in_flight, number)); number++) {
    if (flight->exchange != produce->exchange)
      continue;
    give_up(produce, flight);
    produce->pending--;
  }
  if (!connection) {
    reply(produce->exchange);
    return;
  }
  refuse_rest(produce->exchange);
  all_taken(produce->exchange);
  connection_go_on(connection);
  connection_work(connection);
}

static void release(struct exchange *exchange)
{
  struct produce *produce = exchange->work;
  timer_clear(&exchange->broker->timers, &produce->timer);
}

static void begin_waiting(struct exchange *exchange)
{
  const struct produce_request *request = exchange->request.body;
  struct produce *produce = exchange->work;
  exchange->release = release;
  produce->timer.expired = waited_enough;
  timer_set(&exchange->broker->timers, &produce->timer,
            broker_clock_ms() + (request->timeout_ms > 0 ? request->timeout_ms : 0));
}

/* ---- requests -------------------------------------------------------------------------- */

static void refuse(struct exchange *exchange, partition_answer *answer, enum kafka_error error,
                   const char *why, const struct produced *produced)
{
  answer->error_code = (int16_t)error;
  answer->base_offset = -1;
  answer->error_message = wire_text(why);
  if (!produced || !produced->fault_count)
    return;
  WIRE_ITEMS(&exchange->arena, answer->record_errors, produced->fault_count,
             produce_response_batch_index_and_error_message);
  for (int32_t i = 0; i < produced->fault_count; i++) {
    answer->record_errors.items[i].batch_index = produced->faults[i].index;
    answer->record_errors.items[i].batch_index_error_message = wire_text(produced->faults[i].why);
  }
}

static void take(struct exchange *exchange, struct topic *topic,
                 const struct produce_request_partition_produce_data *data, size_t index)
{
  const struct produce_request *request = exchange->request.body;
  struct produce *produce = exchange->work;
  struct partition *partition = partition_of(topic, data->index);
  struct produced produced = {0};
  const char *why = NULL;
  enum kafka_error error = exchange->request.version >= 13 && !topic ? KAFKA_UNKNOWN_TOPIC_ID
                           : !partition
                               ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                               : produce_check(exchange, topic, data->records, &produced, &why);
  if (error != KAFKA_NONE) {
    refuse(exchange, produce->partitions[index], error, why, &produced);
    return;
  }
  struct flight *flight = produce_pass_on(exchange->broker, partition, &produced);
  if (!request->acks)
    return;
  flight->exchange = exchange;
  flight->answer = index;
  produce->pending++;
}

/* Answers for all partitions, in the request's order; names outlive the frame. */
static void prepare(struct exchange *exchange)
{
  const struct produce_request *request = exchange->request.body;
  struct produce *produce = wire_alloc(&exchange->arena, sizeof *produce);
  produce->exchange = exchange;
  produce->first_flight = exchange->broker->in_flight.dropped + exchange->broker->in_flight.count;
  produce->answer = WIRE_NEW(&exchange->arena, produce_response);
  WIRE_ITEMS(&exchange->arena, produce->answer->responses, request->topic_data.count,
             produce_response_topic_produce_response);
  size_t count = 0;
  for (int32_t i = 0; i < request->topic_data.count; i++)
    count += (size_t)request->topic_data.items[i].partition_data.count;
  produce->partitions = wire_alloc(&exchange->arena, count * sizeof(partition_answer *));
  count = 0;
  for (int32_t i = 0; i < request->topic_data.count; i++) {
    const topic_data *topic = &request->topic_data.items[i];
    struct produce_response_topic_produce_response *answer = &produce->answer->responses.items[i];
    answer->name = wire_copy(&exchange->arena, topic->name);
    answer->topic_id = topic->topic_id;
    WIRE_ITEMS(&exchange->arena, answer->partition_responses, topic->partition_data.count,
               produce_response_partition_produce_response);
    for (int32_t j = 0; j < topic->partition_data.count; j++) {
      produce->partitions[count++] = &answer->partition_responses.items[j];
      answer->partition_responses.items[j].index = topic->partition_data.items[j].index;
    }
  }
  exchange->work = produce;
}

static const char *fault_of(const struct produce_request *request)
{
  if (request->acks < -1 || request->acks > 1)
    return "acks must be 0, 1 or all";
  return NULL;
}

/* The topic of what comes next; NULL: there is nothing more. */
static const topic_data *next_topic(struct produce *produce, const struct produce_request *request)
{
  for (; produce->topic < request->topic_data.count; produce->topic++, produce->partition = 0)
    if (produce->partition < request->topic_data.items[produce->topic].partition_data.count)
      return &request->topic_data.items[produce->topic];
  return NULL;
}

/* The pipeline took nothing for as long as the request may wait: nothing of this is there. */
static void refuse_rest(struct exchange *exchange)
{
  const struct produce_request *request = exchange->request.body;
  struct produce *produce = exchange->work;
  for (; next_topic(produce, request); produce->partition++)
    refuse(exchange, produce->partitions[produce->next++], KAFKA_REQUEST_TIMED_OUT, NULL, NULL);
}

static void take_next(struct exchange *exchange, const topic_data *data)
{
  const struct produce_request *request = exchange->request.body;
  struct produce *produce = exchange->work;
  const char *fault = fault_of(request);
  size_t index = produce->next++;
  struct topic *topic = exchange->request.version >= 13
                            ? topic_with_id(exchange->broker, &data->topic_id)
                            : topic_named(exchange->broker, data->name);
  if (fault)
    refuse(exchange, produce->partitions[index], KAFKA_INVALID_REQUIRED_ACKS, fault, NULL);
  else if (request->transactional_id.data)
    refuse(exchange, produce->partitions[index], KAFKA_INVALID_TXN_STATE,
           "transactions are not served", NULL);
  else
    take(exchange, topic, &data->partition_data.items[produce->partition], index);
  produce->partition++;
}

/* False: there is more than this batch of the pipeline is to hold. */
static bool take_piece(struct exchange *exchange)
{
  struct produce *produce = exchange->work;
  const topic_data *data;
  while ((data = next_topic(produce, exchange->request.body))) {
    if (exchange->broker->batch_memory >= PIECE_MEMORY)
      return false;
    take_next(exchange, data);
  }
  return true;
}

static void close_if_refused(struct exchange *exchange)
{
  const struct produce *produce = exchange->work;
  for (size_t i = 0; i < produce->next; i++)
    if (produce->partitions[i]->error_code) /* the only way to tell, as in Kafka */
      connection_close(exchange->connection, NULL);
}

static void all_taken(struct exchange *exchange)
{
  const struct produce_request *request = exchange->request.body;
  struct produce *produce = exchange->work;
  bool silent = !request->acks;
  produce->taken = true;
  if (silent)
    close_if_refused(exchange);
  produce->throttled_until =
      broker_clock_ms() + quota_charge(exchange, QUOTA_PRODUCE, exchange->size);
  exchange->request.body = NULL; /* it is in the connection's buffer */
  exchange->request.client_id = (struct wire_slice){0};
  if (silent)
    exchange_silence(exchange);
  else if (!produce->pending)
    reply(exchange);
}

/* The connection goes before all is taken. */
static void closed(struct exchange *exchange)
{
  struct produce *produce = exchange->work;
  if (produce->taken)
    return;
  produce->taken = true;
  timer_clear(&exchange->broker->timers, &produce->timer);
  if (!produce->pending)
    exchange_silence(exchange);
}

void produce_go_on(struct exchange *exchange)
{
  struct connection *connection = exchange->connection;
  if (!take_piece(exchange))
    return;
  connection_go_on(connection);
  all_taken(exchange);
}

void produce_end_all(struct broker *broker)
{
  for (struct connection *at = broker->connections; at; at = at->next) {
    struct exchange *exchange = at->unfinished;
    if (!exchange)
      continue;
    refuse_rest(exchange);
    connection_go_on(at);
    all_taken(exchange);
  }
}

void handle_produce(struct exchange *exchange)
{
  const struct produce_request *request = exchange->request.body;
  prepare(exchange);
  const struct produce *produce = exchange->work;
  if (exchange->connection->given_up)
    refuse_rest(exchange);
  bool taken = take_piece(exchange);
  if (request->acks && (produce->pending || !taken))
    begin_waiting(exchange);
  if (taken) {
    all_taken(exchange);
  } else {
    exchange->closed = closed;
    exchange->connection->unfinished = exchange;
  }
}

/* ---- what became of it --------------------------------------------------------------------- */

static void answer_flight(const struct flight *flight, const struct headrace_log_marks *marks,
                          int64_t base)
{
  struct exchange *exchange = flight->exchange;
  if (!exchange)
    return;
  struct produce *produce = exchange->work;
  partition_answer *answer = produce->partitions[flight->answer];
  answer->error_code = (int16_t)flight->error;
  answer->error_message = wire_text(flight->reason);
  answer->base_offset = flight->error == KAFKA_NONE ? base : -1;
  answer->log_append_time_ms = flight->append_time_ms;
  answer->log_start_offset = flight->error == KAFKA_NONE ? marks->start : -1;
  if (!--produce->pending && produce->taken)
    reply(exchange);
}

/* Where its records are, one behind the other; -1: nowhere, or a filter has made others of them. */
static int64_t base_of(const struct broker *broker, const struct flight *flight,
                       const uint64_t *receipts)
{
  if (flight->error != KAFKA_NONE || broker->no_log || !receipts)
    return -1;
  uint64_t base = receipts[flight->first], last = receipts[flight->first + flight->count - 1];
  return last - base == flight->count - 1 ? (int64_t)base : -1;
}

/* The sink may have known the batch already: then it is not at the end. */
static void keep_in_tail(struct broker *broker, struct flight *flight, int32_t leader_epoch,
                         int64_t base)
{
  if (base < 0 || flight->partition->topic->gone ||
      broker->host->filtered) /* then the sink may have something else than the client sent */
    return;
  record_batch_stamp(flight->blob->data, base, leader_epoch);
  struct tail_entry entry = {base, base + flight->count, blob_hold(flight->blob)};
  tail_add(&flight->partition->tail, &broker->tail_budget, &entry);
}

/* A filter may have left nothing for the sink to give offsets for. */
static void check_receipts(struct broker *broker, struct flight *flight, const uint64_t *receipts,
                           size_t count)
{
  bool missing = receipts ? flight->first + flight->count > count : !broker->host->filtered;
  if (flight->error != KAFKA_NONE || broker->no_log || !missing)
    return;
  broker->host->log(broker->host, HEADRACE_ERROR, "the sink gave no offsets");
  broker->failure = HEADRACE_FATAL;
  flight->error = KAFKA_UNKNOWN_SERVER_ERROR;
}

static void land(struct broker *broker, struct flight *flight, const uint64_t *receipts,
                 size_t count)
{
  struct partition *partition = flight->partition;
  bool known;
  struct headrace_log_marks marks = partition_marks(partition, &known);
  check_receipts(broker, flight, receipts, count);
  int64_t base = base_of(broker, flight, receipts);
  partition->in_flight--;
  keep_in_tail(broker, flight, marks.leader_epoch, base);
  answer_flight(flight, &marks, base);
  fetch_wake(partition);
  blob_release(flight->blob);
  topic_release(partition->topic);
}

void produce_durable(struct broker *broker, const uint64_t *receipts, size_t count)
{
  struct flight *flight = in_flight_first(&broker->in_flight);
  uint64_t mark = flight ? flight->mark : 0;
  while (flight && flight->mark == mark) {
    land(broker, flight, receipts, count);
    in_flight_drop(&broker->in_flight);
    flight = in_flight_first(&broker->in_flight);
  }
}

static enum kafka_error error_of_class(const char *error_class)
{
  static const struct {
    const char *name;
    enum kafka_error error;
  } classes[] = {
      {HEADRACE_REJECT_UNKNOWN_TOPIC, KAFKA_UNKNOWN_TOPIC_OR_PARTITION},
      {HEADRACE_REJECT_OUT_OF_SEQUENCE, KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER},
      {HEADRACE_REJECT_OLD_EPOCH, KAFKA_INVALID_PRODUCER_EPOCH},
      {HEADRACE_REJECT_UNKNOWN_PRODUCER, KAFKA_UNKNOWN_PRODUCER_ID},
      {HEADRACE_REJECT_INVALID, KAFKA_INVALID_RECORD},
  };
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    if (!strcmp(classes[i].name, error_class))
      return classes[i].error;
  /* Of a sink that keeps no log: what it cannot write. */
  return KAFKA_INVALID_RECORD;
}

void produce_rejected(struct broker *broker, uint32_t event, const char *error_class,
                      const char *reason)
{
  struct flight *flight = in_flight_find(&broker->in_flight, event);
  if (!flight || flight->error != KAFKA_NONE)
    return;
  flight->error = error_of_class(error_class);
  if (flight->exchange)
    flight->reason = wire_string(&flight->exchange->arena, wire_text(reason));
}
