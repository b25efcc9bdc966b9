/* SPDX-License-Identifier: Apache-2.0
 *
 * Quotas of client ids in bytes a second (KIP-13, KIP-219): what is too much is taken or given all
 * the same, the client is told how long it should wait, and for as long its connection is not read
 * from. A second's worth may come at once. */
#include "broker.h"

#include <stdlib.h>
#include <uthash.h>

#define WINDOW_S  10 /* as quota.window.num and quota.window.size.seconds of Kafka have it */
#define SECOND_US INT64_C(1000000)
#define SWEEP_EVERY                                                                                \
  1000 /* clients that are remembered before those that owe nothing are forgotten */
#define EVERYBODY "*"

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
  if (number <= 0 || number > INT32_MAX)
    return 0;
  end += strspn(end, " ");
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (!strcmp(end, units[i].unit))
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
