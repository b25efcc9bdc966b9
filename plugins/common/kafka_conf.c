/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *find_text(const struct kafka_property *list, const char *name)
{
  for (; list && list->name; list++)
    if (!strcmp(list->name, name))
      return list->text;
  return NULL;
}

/* librdkafka repeats the value in what it says about a wrong one. */
static bool is_secret(const char *property)
{
  return strstr(property, "password") || strstr(property, "pem") || strstr(property, "secret") ||
         strstr(property, "oauthbearer") || strstr(property, "jaas");
}

bool kafka_conf_set(const struct headrace_host *host, rd_kafka_conf_t *conf, const char *key,
                    const char *property, const char *value)
{
  char error[512];
  rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, property, value, error, sizeof error);
  if (result == RD_KAFKA_CONF_OK)
    return true;
  if (result == RD_KAFKA_CONF_UNKNOWN)
    host->log(host, HEADRACE_ERROR, "%s: librdkafka %s has no property \"%s\"", key,
              rd_kafka_version_str(), property);
  else
    host->log(host, HEADRACE_ERROR, "%s: %s", key,
              is_secret(property) ? "librdkafka does not take this value" : error);
  return false;
}

/* [protocol://]host:port or [protocol://]host, with an IPv6 address in brackets. */
static bool legal_broker(const char *broker)
{
  const char *scheme = strstr(broker, "://");
  const char *host = scheme ? scheme + 3 : broker;
  size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
  if (!*host || *host == ':' || length > strlen(host) || strcspn(host, " \t/") < strlen(host))
    return false;
  const char *port = host + length;
  if (!*port)
    return true;
  char *end;
  long number = strtol(port + 1, &end, 10);
  return *port == ':' && end != port + 1 && !*end && number > 0 && number <= 65535;
}

static bool set_brokers(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  const struct headrace_pair *brokers;
  size_t count = host->list(host, "brokers", &brokers);
  size_t size = 1;
  bool good = count > 0;
  if (!count)
    host->log(host, HEADRACE_ERROR, "brokers: at least one is needed");
  for (size_t i = 0; i < count; i++) {
    size += strlen(brokers[i].name) + 1;
    if (legal_broker(brokers[i].name))
      continue;
    host->log(host, HEADRACE_ERROR, "brokers: \"%s\" is not host:port", brokers[i].name);
    good = false;
  }
  char *joined = calloc(1, size);
  if (!joined)
    abort();
  char *end = joined;
  for (size_t i = 0; i < count; i++)
    end += sprintf(end, "%s%s", i ? "," : "", brokers[i].name);
  good = good && kafka_conf_set(host, conf, "brokers", "bootstrap.servers", joined);
  free(joined);
  return good;
}

struct key_of_property {
  const char *key;
  const char *property;
};

static const struct key_of_property tls_keys[] = {{"tls_ca", "ssl.ca.location"},
                                                  {"tls_cert", "ssl.certificate.location"},
                                                  {"tls_key", "ssl.key.location"},
                                                  {"tls_key_password", "ssl.key.password"},
                                                  {NULL, NULL}};
static const struct key_of_property sasl_keys[] = {
    {"sasl_username", "sasl.username"}, {"sasl_password", "sasl.password"}, {NULL, NULL}};

static bool set_group(const struct headrace_host *host, rd_kafka_conf_t *conf,
                      const struct key_of_property *keys, bool wanted, const char *switch_on)
{
  bool good = true;
  for (; keys->key; keys++) {
    const char *value = host->string(host, keys->key);
    if (!value)
      continue;
    if (wanted) {
      good = kafka_conf_set(host, conf, keys->key, keys->property, value) && good;
    } else {
      host->log(host, HEADRACE_ERROR, "%s: has no effect without %s", keys->key, switch_on);
      good = false;
    }
  }
  return good;
}

static bool set_security(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  bool tls = host->integer(host, "tls"), sasl = host->integer(host, "sasl_mechanism") > 0;
  bool good = set_group(host, conf, tls_keys, tls, "tls = yes");
  good = set_group(host, conf, sasl_keys, sasl, "sasl_mechanism") && good;
  if (tls || sasl)
    good = kafka_conf_set(host, conf, "tls", "security.protocol",
                          !sasl  ? "ssl"
                          : !tls ? "sasl_plaintext"
                                 : "sasl_ssl") &&
           good;
  if (sasl)
    good = kafka_conf_set(host, conf, "sasl_mechanism", "sasl.mechanism",
                          host->string(host, "sasl_mechanism")) &&
           good;
  return good;
}

static bool set_given(const struct headrace_host *host, rd_kafka_conf_t *conf,
                      const struct kafka_property *reserved)
{
  const struct headrace_pair *given;
  size_t count = host->list(host, "rdkafka.*", &given);
  bool good = true;
  for (size_t i = 0; i < count; i++) {
    char key[160];
    snprintf(key, sizeof key, "rdkafka.%s", given[i].name);
    const char *instead = find_text(reserved, given[i].name);
    if (instead)
      host->log(host, HEADRACE_ERROR, "%s: cannot be set: %s", key, instead);
    if (instead || !kafka_conf_set(host, conf, key, given[i].name, given[i].value))
      good = false;
  }
  return good;
}

const char *kafka_conf_given(const struct headrace_host *host, const char *property)
{
  const struct headrace_pair *given;
  size_t count = host->list(host, "rdkafka.*", &given);
  for (size_t i = 0; i < count; i++)
    if (!strcmp(given[i].name, property))
      return given[i].value;
  return NULL;
}

rd_kafka_conf_t *kafka_conf_new(const struct headrace_host *host,
                                const struct kafka_conf_spec *spec)
{
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  char client_id[128];
  snprintf(client_id, sizeof client_id, "headrace-%s", host->pipeline);
  bool good = kafka_conf_set(host, conf, "client.id", "client.id", client_id);
  for (const struct kafka_property *item = spec->defaults; item && item->name; item++)
    good = kafka_conf_set(host, conf, item->name, item->name, item->text) && good;
  good = set_brokers(host, conf) && good;
  good = set_security(host, conf) && good;
  good = set_given(host, conf, spec->reserved) && good;
  if (good)
    return conf;
  rd_kafka_conf_destroy(conf);
  return NULL;
}

/* ---- what librdkafka says ---------------------------------------------- */

enum trouble { UNREACHABLE, REFUSED };
#define SAY_AGAIN_AFTER_US (60 * INT64_C(1000000))

/* Connections fail many times a minute: once a minute is news, the rest is for debugging. */
static enum headrace_level rarely(struct kafka_client *client, enum trouble trouble,
                                  enum headrace_level level)
{
  int64_t now = client->host->now_us(client->host);
  if (client->said_at_us[trouble] && now - client->said_at_us[trouble] < SAY_AGAIN_AFTER_US)
    return HEADRACE_DEBUG;
  client->said_at_us[trouble] = now;
  return level;
}

/* Any of librdkafka's threads. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
  const struct kafka_client *client = rd_kafka_opaque(rk);
  const struct headrace_host *host = client->host;
  enum headrace_level ours = level <= 4   ? HEADRACE_WARNING
                             : level <= 6 ? HEADRACE_INFO
                                          : HEADRACE_DEBUG;
  if (!strcmp(facility, "FAIL") || !strcmp(facility, "ERROR") || !strcmp(facility, "FATAL") ||
      !strcmp(facility, "COMMITFAIL"))
    ours = HEADRACE_DEBUG; /* callbacks get the same, and say it less often */
  host->log(host, ours, "librdkafka: %s: %s", facility, text);
}

static void set_connected(struct kafka_client *client, bool connected)
{
  if (client->connected == connected)
    return;
  client->connected = connected;
  client->host->gauge(client->host, "connected", connected);
}

void kafka_client_up(struct kafka_client *client)
{
  if (client->connected)
    return;
  set_connected(client, true);
  client->host->log(client->host, HEADRACE_INFO, "connected to Kafka");
  client->said_at_us[UNREACHABLE] = client->said_at_us[REFUSED] = 0;
}

void kafka_client_look_for_fatal(struct kafka_client *client, rd_kafka_t *rk)
{
  client->fatal = rd_kafka_fatal_error(rk, client->fatal_reason, sizeof client->fatal_reason);
}

static void on_error(rd_kafka_t *rk, int error, const char *reason, void *opaque)
{
  struct kafka_client *client = opaque;
  const struct headrace_host *host = client->host;
  switch (error) {
  case RD_KAFKA_RESP_ERR__FATAL:
    kafka_client_look_for_fatal(client, rk);
    return;
  case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    set_connected(client, false);
    host->log(host, rarely(client, UNREACHABLE, HEADRACE_WARNING),
              "no broker can be reached, trying on; nothing is lost meanwhile (%s)",
              *client->last_reason ? client->last_reason : reason);
    return;
  case RD_KAFKA_RESP_ERR__AUTHENTICATION:
  case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
  case RD_KAFKA_RESP_ERR__SSL:
    host->log(host, rarely(client, REFUSED, HEADRACE_ERROR),
              "a broker refuses the connection, trying on: check the tls and sasl keys (%s)",
              reason);
    return;
  case RD_KAFKA_RESP_ERR__BAD_MSG: /* mostly one larger than receive.message.max.bytes: it says so
                                    */
    host->log(host, rarely(client, REFUSED, HEADRACE_ERROR),
              "a broker's answer cannot be read, trying on: %s", reason);
    return;
  default:
    snprintf(client->last_reason, sizeof client->last_reason, "%s", reason);
    host->log(host, HEADRACE_DEBUG, "librdkafka: %s: %s", rd_kafka_err2name(error), reason);
  }
}

static int on_statistics(rd_kafka_t *rk, char *json, size_t size, void *opaque)
{
  (void)rk;
  (void)size;
  struct kafka_client *client = opaque;
  if (strstr(json, "\"state\":\"UP\""))
    kafka_client_up(client);
  else
    set_connected(client, false);
  return 0; /* librdkafka frees it */
}

void kafka_client_attach(struct kafka_client *client, const struct headrace_host *host,
                         rd_kafka_conf_t *conf)
{
  *client = (struct kafka_client){.host = host};
  host->gauge(host, "connected", 0);
  rd_kafka_conf_set_opaque(conf, client);
  rd_kafka_conf_set_log_cb(conf, on_log);
  rd_kafka_conf_set_error_cb(conf, on_error);
  rd_kafka_conf_set_stats_cb(conf, on_statistics);
}
