/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a source (plugin.h, struct headrace_part): how far each is durable, and the
 * source's questions where one is to go on, which the worker thread answers. */
#ifndef HEADRACE_PARTS_H
#define HEADRACE_PARTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct part {
  char *name;
  int64_t next;
};

/* Sorted by name. One thread. */
struct parts {
  struct part *items;
  size_t count, capacity;
};

void parts_free(struct parts *parts);
void parts_set(struct parts *parts, const char *name, int64_t next);
bool parts_get(const struct parts *parts, const char *name, int64_t *next);

/* Questions, from the source's thread to the worker's. */
struct part_questions {
  pthread_mutex_t lock;
  struct parts asked, answered;
};

void part_questions_init(struct part_questions *questions);
void part_questions_free(struct part_questions *questions);

/* Source thread. True: *next, and the question is over. *news: it was asked just now. */
bool part_ask(struct part_questions *questions, const char *name, int64_t *next, bool *news);

/* Worker thread: one that is not answered yet, to be freed; NULL: none. */
char *part_asked(struct part_questions *questions);
void part_answer(struct part_questions *questions, const char *name, int64_t next);

#endif
