/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry without a network, in place of plugins/common/registry: schemas get the ids 1, 2, 3 …
 * in the order in which they come. Include in one file of the test. */
#ifndef HEADRACE_TEST_REGISTRY_DOUBLE_H
#define HEADRACE_TEST_REGISTRY_DOUBLE_H

#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
  char *texts[64], *subjects[64];
  struct registry_schema schemas[64];
  int32_t count;
  size_t asked_for_latest;
  enum registry_answer answer; /* to all questions; OK: a true one */
} registry_double;

struct registry {
  int unused;
};

static inline int32_t registry_double_add(const char *subject, const char *text)
{
  int32_t id = ++registry_double.count;
  registry_double.texts[id] = strdup(text);
  registry_double.subjects[id] = strdup(subject);
  registry_double.schemas[id] =
      (struct registry_schema){.id = id, .text = registry_double.texts[id]};
  return id;
}

static inline void registry_double_clear(void)
{
  for (int32_t id = 1; id <= registry_double.count; id++) {
    free(registry_double.texts[id]);
    free(registry_double.subjects[id]);
  }
  memset(&registry_double, 0, sizeof registry_double);
}

struct registry *registry_open(const struct headrace_host *host)
{
  (void)host;
  return calloc(1, sizeof(struct registry));
}

void registry_close(struct registry *registry)
{
  free(registry);
}

static inline enum registry_answer registry_double_refusal(struct registry_fault *fault)
{
  fault->error_class = "unknown-schema";
  snprintf(fault->reason, sizeof fault->reason, "the double has none");
  return REGISTRY_REFUSED;
}

static inline enum registry_answer registry_double_is(struct registry_fault *fault)
{
  return registry_double.answer == REGISTRY_REFUSED ? registry_double_refusal(fault)
                                                    : registry_double.answer;
}

enum registry_answer registry_by_id(struct registry *registry, int32_t id,
                                    const struct registry_schema **schema,
                                    struct registry_fault *fault)
{
  (void)registry;
  if (registry_double.answer != REGISTRY_OK)
    return registry_double_is(fault);
  if (id <= 0 || id > registry_double.count)
    return registry_double_refusal(fault);
  *schema = &registry_double.schemas[id];
  return REGISTRY_OK;
}

enum registry_answer registry_latest(struct registry *registry, const char *subject,
                                     const struct registry_schema **schema,
                                     struct registry_fault *fault)
{
  registry_double.asked_for_latest++;
  for (int32_t id = registry_double.count; id; id--)
    if (!strcmp(registry_double.subjects[id], subject))
      return registry_by_id(registry, id, schema, fault);
  return registry_double_refusal(fault);
}

enum registry_answer registry_id_of(struct registry *registry, const char *subject,
                                    const char *type, const char *text, int32_t *id,
                                    struct registry_fault *fault)
{
  (void)registry;
  (void)type;
  if (registry_double.answer != REGISTRY_OK)
    return registry_double_is(fault);
  for (*id = registry_double.count; *id; --*id)
    if (!strcmp(registry_double.texts[*id], text) &&
        !strcmp(registry_double.subjects[*id], subject))
      return REGISTRY_OK;
  *id = registry_double_add(subject, text);
  return REGISTRY_OK;
}

#endif
