/* SPDX-License-Identifier: Apache-2.0
 *
 * A client of a schema registry that speaks Confluent's REST interface (Confluent's own, Apicurio
 * at /apis/ccompat/v7, Karapace, Redpanda): subjects, versions, ids, references.
 * https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 *
 * One instance, one thread. Every call may ask the network, once per schema: what was answered is
 * kept in memory and in a file of the process's state folder, so that a restart needs no registry
 * for schemas that it knew. What is to be registered is asked of the registry first all the same,
 * and taken from the file only if there is no answer: a registry that was set up anew has other
 * ids.
 *
 * Without an answer a call waits and asks again, for `registry_wait` at most; meanwhile the
 * pipeline's source goes on in its own thread, with keepalives and without losing anything. A
 * pipeline that was told to stop waits no more than a second or two.
 *
 * Secrets are never logged; a URL is logged without its user and password. */
#ifndef HEADRACE_REGISTRY_H
#define HEADRACE_REGISTRY_H

#include <headrace/plugin.h>
#include <stdbool.h>

/* For the codec's table. */
#define REGISTRY_URLS(flags_, variable_, help_)                                                    \
  {                                                                                                \
    "registry", HEADRACE_LIST, NULL, (flags_), NULL, (variable_), (help_)                          \
  }
#define REGISTRY_KEYS                                                                              \
  REGISTRY_URLS(HEADRACE_REQUIRED, "SCHEMA_REGISTRY_URL",                                          \
                "URLs of the schema registry; the first that answers is asked"),                   \
      REGISTRY_MORE_KEYS
#define REGISTRY_MORE_KEYS                                                                         \
  {"registry_user", HEADRACE_STRING, NULL, 0, NULL, NULL, "user of its basic authentication"},     \
      {"registry_password", HEADRACE_SECRET, NULL, 0, NULL, NULL, "password of that user"},        \
      {"registry_ca",                                                                              \
       HEADRACE_STRING,                                                                            \
       NULL,                                                                                       \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "file of the authorities that its certificate may be from; default: the system's"},         \
      {"registry_cert",                                                                            \
       HEADRACE_STRING,                                                                            \
       NULL,                                                                                       \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "file of the certificate that headrace shows it"},                                          \
      {"registry_key", HEADRACE_STRING, NULL, 0, NULL, NULL, "file of that certificate's key"},    \
      {"registry_timeout", HEADRACE_DURATION, "5s", 0, NULL, NULL, "for one answer of it"},        \
      {"registry_wait",                                                                            \
       HEADRACE_DURATION,                                                                          \
       "10s",                                                                                      \
       0,                                                                                          \
       NULL,                                                                                       \
       NULL,                                                                                       \
       "while it does not answer the pipeline waits so long, then starts anew"},                   \
  {                                                                                                \
    "register", HEADRACE_BOOL, "yes", 0, NULL, NULL,                                               \
        "schemas that a subject does not have are registered; no: they have to be there"           \
  }

struct registry;

/* A schema as it was registered. Lives as long as the registry. */
struct registry_schema {
  int32_t id;
  const char *text;
  const char *const *references; /* texts of the schemas that it refers to by name, each after
                                    those that it refers to itself */
  size_t reference_count;
};

enum registry_answer {
  REGISTRY_OK,
  REGISTRY_REFUSED, /* *fault says why this schema cannot be had; others can */
  REGISTRY_AWAY,    /* no answer for registry_wait: said by log(); return HEADRACE_RETRY */
  REGISTRY_DENIED   /* it wants other credentials: said by log(); return HEADRACE_FATAL */
};

struct registry_fault {
  const char *error_class; /* a constant: "incompatible-schema", "unknown-schema", … */
  char reason[640];        /* what subject, what was answered, what to do */
};

/* Reads REGISTRY_KEYS of the host's settings; asks nothing. NULL: said by log(). */
struct registry *registry_open(const struct headrace_host *host);
void registry_close(struct registry *registry); /* NULL: nothing */

enum registry_answer registry_by_id(struct registry *registry, int32_t id,
                                    const struct registry_schema **schema,
                                    struct registry_fault *fault);

/* The newest version of a subject. The registry is asked each time; if it does not answer, what it
 * said last is it. */
enum registry_answer registry_latest(struct registry *registry, const char *subject,
                                     const struct registry_schema **schema,
                                     struct registry_fault *fault);

/* The id of a schema under a subject, which is registered there if `register` says so. `type`:
 * "AVRO", "JSON". */
enum registry_answer registry_id_of(struct registry *registry, const char *subject,
                                    const char *type, const char *text, int32_t *id,
                                    struct registry_fault *fault);

#endif
