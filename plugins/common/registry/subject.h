/* SPDX-License-Identifier: Apache-2.0
 *
 * Confluent's names of subjects: TopicNameStrategy, RecordNameStrategy, TopicRecordNameStrategy.
 * What is returned is to be freed; any thread. */
#ifndef HEADRACE_REGISTRY_SUBJECT_H
#define HEADRACE_REGISTRY_SUBJECT_H

#include <stdbool.h>

enum subject_strategy { SUBJECT_TOPIC, SUBJECT_RECORD, SUBJECT_TOPIC_RECORD };

/* The two keys that say how subjects are named; TOPIC_PLACES ends the template's names. */
#define SUBJECT_KEYS                                                                               \
  {"subject_strategy",                                                                             \
   HEADRACE_ENUM,                                                                                  \
   "topic",                                                                                        \
   0,                                                                                              \
   "topic|record|topic-record",                                                                    \
   NULL,                                                                                           \
   "names of subjects: TOPIC-value, the record's name, or TOPIC-NAME"},                            \
  {                                                                                                \
    "topic", HEADRACE_STRING, "{prefix}.{schema}.{table}", 0, NULL, NULL,                          \
        "the topic that subjects are named by: as the sink's topic"                                \
  }

/* Whether `topic` is such a template; else *error says why. */
bool subject_topic_check(const char *topic, char *error, unsigned long size);
/* The topic of a table's records, as the sink for Kafka names it. */
char *subject_topic_of(const char *topic, const char *prefix, const char *schema,
                       const char *table);
/* … and of a record that brings its name. */
char *subject_topic_named(const char *prefix, const char *name);
/* `record`: the schema's name; NULL: it has none, so that the topic counts. */
char *subject_of(enum subject_strategy strategy, const char *topic, const char *record,
                 bool of_key);

#endif
