/* SPDX-License-Identifier: Apache-2.0
 *
 * Quotas of client ids in bytes a second (KIP-13, KIP-219): what is too much is taken or given all
 * the same, the client is told how long it should wait, and for as long its connection is not read
 * from. A second's worth may come at once. */
#include "broker.h"

#include <stdlib.h>
#include <uthash.h>

#define WINDOW_S    10 /* as quota.window.num and quota.window.size.seconds of Kafka have it */
#define SECOND_US   INT64_C(1000000)
#define SWEEP_EVERY 1000 /* clients, until those that owe nothing are forgotten */
#define CLIENT_ID   "client-id"
#define EVERYBODY   "*"

struct client {
  UT_hash_handle hh; /* by id */
  int64_t paid_us;   /* until when its bytes are paid for */
  size_t size;
  char id[];
};

struct quota {
  const struct headrace_pair *rates;
  size_t rate_count;
  struct client *clients;
};

struct quotas {
  const struct headrace_host *host;
  struct quota kinds[QUOTA_KINDS];
};

static const char *const keys[QUOTA_KINDS] = {"producer_byte_rate", "consumer_byte_rate"};

/* Bytes a second, as sizes are written elsewhere; 0: it is none. */
static int64_t rate_of(const char *text)
{
  static const struct {
    const char *unit;
    int64_t bytes;
  } units[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  char *end;
  int64_t number = text ? strtoll(text, &end, 10) : 0;
  if (number <= 0)
    return 0;
  end += strspn(end, " ");
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (!strcmp(end, units[i].unit) && number <= INT64_MAX / WINDOW_S / units[i].bytes)
      return number * units[i].bytes;
  return 0;
}

bool quotas_check(const struct headrace_host *host)
{
  bool good = true;
  for (int kind = 0; kind < QUOTA_KINDS; kind++) {
    const struct headrace_pair *pairs;
    size_t count = host->list(host, keys[kind], &pairs);
    for (size_t i = 0; i < count; i++)
      if (!rate_of(pairs[i].value)) {
        host->log(host, HEADRACE_ERROR,
                  "%s: what client '%s' may send is not bytes a second, such as 65536, 64KiB or "
                  "16MiB",
                  keys[kind], pairs[i].name);
        good = false;
      }
  }
  return good;
}

struct quotas *quotas_new(const struct headrace_host *host)
{
  struct quotas *quotas = broker_alloc(sizeof *quotas);
  quotas->host = host;
  for (int kind = 0; kind < QUOTA_KINDS; kind++)
    quotas->kinds[kind].rate_count = host->list(host, keys[kind], &quotas->kinds[kind].rates);
  return quotas;
}

static void forget(struct quota *quota, int64_t paid_before_us)
{
  struct client *client, *next;
  HASH_ITER(hh, quota->clients, client, next)
  {
    if (client->paid_us > paid_before_us)
      continue;
    HASH_DEL(quota->clients, client);
    free(client);
  }
}

void quotas_free(struct quotas *quotas)
{
  for (int kind = 0; quotas && kind < QUOTA_KINDS; kind++)
    forget(&quotas->kinds[kind], INT64_MAX);
  free(quotas);
}

/* 0: no limit. */
static int64_t rate_for(const struct quota *quota, struct wire_slice id)
{
  int64_t rate = 0;
  for (size_t i = 0; i < quota->rate_count; i++) {
    if (id.data && wire_is(id, quota->rates[i].name))
      return rate_of(quota->rates[i].value);
    if (!strcmp(quota->rates[i].name, EVERYBODY))
      rate = rate_of(quota->rates[i].value);
  }
  return rate;
}

static struct client *client_of(struct quota *quota, struct wire_slice id, int64_t now_us)
{
  struct client *client;
  const char *name = id.data ? id.data : "";
  HASH_FIND(hh, quota->clients, name, id.size, client);
  if (client)
    return client;
  if (HASH_COUNT(quota->clients) % SWEEP_EVERY == SWEEP_EVERY - 1)
    forget(quota, now_us - SECOND_US); /* they are as new ones */
  client = broker_alloc(sizeof *client + id.size + 1);
  client->size = id.size;
  memcpy(client->id, name, id.size);
  HASH_ADD_KEYPTR(hh, quota->clients, client->id, client->size, client);
  return client;
}

/* ---- DescribeClientQuotas ------------------------------------------------------------------ */

typedef struct describe_client_quotas_response_entry_data quota_entry;
typedef struct describe_client_quotas_request_component_data quota_filter;

enum { MATCH_NAME, MATCH_DEFAULT, MATCH_ANY };

static const struct headrace_pair *rate_named(const struct quota *quota, const char *name)
{
  for (size_t i = 0; i < quota->rate_count; i++)
    if (!strcmp(quota->rates[i].name, name))
      return &quota->rates[i];
  return NULL;
}

/* All quotas here are those of a client id and nothing else. */
static bool passes(const struct describe_client_quotas_request *request, const char *name)
{
  bool is_default = !strcmp(name, EVERYBODY);
  for (int32_t i = 0; i < request->components.count; i++) {
    const quota_filter *filter = &request->components.items[i];
    if (!wire_is(filter->entity_type, CLIENT_ID) ||
        (filter->match_type == MATCH_DEFAULT && !is_default) ||
        (filter->match_type == MATCH_NAME && (is_default || !wire_is(filter->match, name))))
      return false;
  }
  return request->components.count || !request->strict;
}

static void fill_entry(struct exchange *exchange, quota_entry *entry, const char *name)
{
  const struct quotas *quotas = exchange->broker->quotas;
  WIRE_ITEMS(&exchange->arena, entry->entity, 1, describe_client_quotas_response_entity_data);
  entry->entity.items[0].entity_type = wire_text(CLIENT_ID);
  entry->entity.items[0].entity_name = /* null: the default */
      strcmp(name, EVERYBODY) ? wire_text(name) : (struct wire_slice){0};
  WIRE_ITEMS(&exchange->arena, entry->values, QUOTA_KINDS,
             describe_client_quotas_response_value_data);
  entry->values.count = 0;
  for (int kind = 0; kind < QUOTA_KINDS; kind++) {
    const struct headrace_pair *rate = rate_named(&quotas->kinds[kind], name);
    if (!rate)
      continue;
    entry->values.items[entry->values.count].key = wire_text(keys[kind]);
    entry->values.items[entry->values.count++].value = (double)rate_of(rate->value);
  }
}

static enum kafka_error filter_fault(const struct describe_client_quotas_request *request)
{
  for (int32_t i = 0; i < request->components.count; i++) {
    const quota_filter *filter = &request->components.items[i];
    if (!wire_is(filter->entity_type, CLIENT_ID) && !wire_is(filter->entity_type, "user") &&
        !wire_is(filter->entity_type, "ip"))
      return KAFKA_UNSUPPORTED_VERSION;
    if (filter->match_type < MATCH_NAME || filter->match_type > MATCH_ANY)
      return KAFKA_INVALID_REQUEST;
  }
  return KAFKA_NONE;
}

void handle_describe_client_quotas(struct exchange *exchange)
{
  const struct describe_client_quotas_request *request = exchange->request.body;
  const struct quotas *quotas = exchange->broker->quotas;
  const struct quota *produce = &quotas->kinds[QUOTA_PRODUCE];
  struct describe_client_quotas_response *answer =
      WIRE_NEW(&exchange->arena, describe_client_quotas_response);
  answer->error_code = (int16_t)filter_fault(request);
  if (answer->error_code) {
    answer->entries.count = -1; /* null */
    exchange_answer(exchange, answer);
    return;
  }
  size_t most = produce->rate_count + quotas->kinds[QUOTA_CONSUME].rate_count;
  WIRE_ITEMS(&exchange->arena, answer->entries, most, describe_client_quotas_response_entry_data);
  answer->entries.count = 0;
  for (int kind = 0; kind < QUOTA_KINDS; kind++)
    for (size_t i = 0; i < quotas->kinds[kind].rate_count; i++) {
      const char *name = quotas->kinds[kind].rates[i].name;
      if ((kind == QUOTA_CONSUME && rate_named(produce, name)) || !passes(request, name))
        continue;
      fill_entry(exchange, &answer->entries.items[answer->entries.count++], name);
    }
  exchange_answer(exchange, answer);
}

/* ---- what is sent and given --------------------------------------------------------------- */

int64_t quota_most(const struct exchange *exchange, enum quota_kind kind)
{
  int64_t rate = rate_for(&exchange->broker->quotas->kinds[kind], exchange->request.client_id);
  return rate ? rate * WINDOW_S : INT64_MAX;
}

int32_t quota_charge(struct exchange *exchange, enum quota_kind kind, size_t bytes)
{
  struct quotas *quotas = exchange->broker->quotas;
  struct quota *quota = &quotas->kinds[kind];
  int64_t rate = rate_for(quota, exchange->request.client_id);
  if (!rate || !bytes)
    return 0;
  int64_t now_us = broker_clock_ms() * 1000;
  struct client *client = client_of(quota, exchange->request.client_id, now_us);
  if (client->paid_us < now_us - SECOND_US)
    client->paid_us = now_us - SECOND_US;
  client->paid_us += (int64_t)((double)bytes * (double)SECOND_US / (double)rate);
  int64_t throttle_ms = (client->paid_us - now_us) / 1000;
  if (throttle_ms <= 0)
    return 0;
  quotas->host->counter(quotas->host, "throttled", 1);
  if (exchange->connection)
    connection_mute(exchange->connection, throttle_ms);
  return throttle_ms < INT32_MAX ? (int32_t)throttle_ms : INT32_MAX;
}
