/* SPDX-License-Identifier: Apache-2.0
 *
 * What every plugin that talks to Kafka by librdkafka (2.0.2 or later) shares:
 * the keys that say where the cluster is and how to log in, librdkafka's
 * configuration made from them, and what librdkafka has to say. */
#ifndef HEADRACE_KAFKA_CONF_H
#define HEADRACE_KAFKA_CONF_H

#include <headrace/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Rows of the plugin's table of keys. */
/* clang-format off */
#define KAFKA_CONNECTION_KEYS                                                                      \
  {"brokers", HEADRACE_LIST, NULL, HEADRACE_REQUIRED, NULL,                                        \
   "KAFKA_BROKERS CDC_KAFKA_BOOTSTRAP_SERVERS", "host:port of some brokers of the cluster"},       \
  {"tls", HEADRACE_BOOL, "no", 0, NULL, NULL, "encrypt connections"},                              \
  {"tls_ca", HEADRACE_STRING, NULL, 0, NULL, NULL,                                                 \
   "file with the certificates to trust; the system's if not set"},                                \
  {"tls_cert", HEADRACE_STRING, NULL, 0, NULL, NULL, "file with this client's certificate"},       \
  {"tls_key", HEADRACE_STRING, NULL, 0, NULL, NULL, "file with this client's private key"},        \
  {"tls_key_password", HEADRACE_SECRET, NULL, 0, NULL, NULL, "what the private key is locked with"}, \
  {"sasl_mechanism", HEADRACE_ENUM, "none", 0,                                                     \
   "none|PLAIN|SCRAM-SHA-256|SCRAM-SHA-512|GSSAPI|OAUTHBEARER", NULL, "how to log in"},            \
  {"sasl_username", HEADRACE_STRING, NULL, 0, NULL, NULL, "who logs in"},                          \
  {"sasl_password", HEADRACE_SECRET, NULL, 0, NULL, NULL, "and with which password"},              \
  {"rdkafka.*", HEADRACE_STRING, NULL, 0, NULL, NULL,                                              \
   "any property of librdkafka, as it is: rdkafka.socket.keepalive.enable = true"}
/* clang-format on */

struct kafka_property {
  const char *name;
  const char *text; /* of a default: its value; of a reserved one: what to do instead */
};

/* Both lists end with a row without a name. */
struct kafka_conf_spec {
  const struct kafka_property *defaults; /* set first: any key or rdkafka.NAME overrides them */
  const struct kafka_property *reserved; /* refused as rdkafka.NAME */
};

/* A configuration of the keys above. Logs each fault as an error and gives NULL
 * if there was any. Opens no connection. The caller destroys it, or hands it to
 * rd_kafka_new. No secret is ever logged. */
rd_kafka_conf_t *kafka_conf_new(const struct headrace_host *host,
                                const struct kafka_conf_spec *spec);

/* Sets a property on behalf of `key`; false and an error logged if librdkafka refuses it. */
bool kafka_conf_set(const struct headrace_host *host, rd_kafka_conf_t *conf, const char *key,
                    const char *property, const char *value);

/* What rdkafka.`property` was set to, or NULL. Any of the names that librdkafka
 * has for a property is another property here. */
const char *kafka_conf_given(const struct headrace_host *host, const char *property);

/* The beginning of a plugin's instance: librdkafka's callbacks find it there. */
struct kafka_client {
  const struct headrace_host *host;
  bool connected;            /* some broker is up; the gauge of that name */
  rd_kafka_resp_err_t fatal; /* what librdkafka cannot go on after; NO_ERROR: nothing */
  char fatal_reason[512];    /* its words */
  char last_reason[256];     /* of the latest failed connection */
  int64_t said_at_us[2];     /* when the two kinds of trouble were last said */
};

/* Makes librdkafka's log, errors and statistics go to client->host, and keeps
 * `connected`. The client becomes the configuration's opaque and must be the
 * first member of what the plugin expects there. Errors and statistics come
 * from rd_kafka_poll, on the thread that calls it. */
void kafka_client_attach(struct kafka_client *client, const struct headrace_host *host,
                         rd_kafka_conf_t *conf);

/* Fills client->fatal if `rk` cannot go on. Errors tell it too, but perhaps later. */
void kafka_client_look_for_fatal(struct kafka_client *client, rd_kafka_t *rk);

/* A broker has answered. Cheap when that is no news. */
void kafka_client_up(struct kafka_client *client);

#endif
