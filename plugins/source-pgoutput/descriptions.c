/* SPDX-License-Identifier: Apache-2.0 */
#include "descriptions.h"

#include "pgoutput.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define NUMBER_END sizeof(uint32_t) /* then the names */

struct description {
  uint32_t number;
  bool behind; /* the decoder has an older one */
  char *data;  /* kind and body */
  size_t size;
  UT_hash_handle hh;
};

void descriptions_free(struct descriptions *descriptions)
{
  struct description *description, *next;
  HASH_ITER(hh, descriptions->all, description, next)
  {
    HASH_DEL(descriptions->all, description);
    free(description->data);
    free(description);
  }
}

static struct description *find(const struct descriptions *descriptions, const char *body,
                                size_t size)
{
  struct description *found = NULL;
  uint32_t number;
  if (size < NUMBER_END)
    return NULL;
  memcpy(&number, body, sizeof number);
  HASH_FIND(hh, descriptions->all, &number, sizeof number, found);
  return found;
}

static struct description *add(struct descriptions *descriptions, const char *body)
{
  struct description *added = calloc(1, sizeof *added);
  if (!added)
    abort();
  memcpy(&added->number, body, sizeof added->number);
  HASH_ADD(hh, descriptions->all, number, sizeof added->number, added);
  return added;
}

static bool is(const struct description *description, const char *body, size_t size)
{
  return description->size == 1 + size && !memcmp(description->data + 1, body, size);
}

void descriptions_arrived(struct descriptions *descriptions, const char *body, size_t size)
{
  struct description *description = find(descriptions, body, size);
  if (size < NUMBER_END || (description && is(description, body, size)))
    return;
  if (!description)
    description = add(descriptions, body);
  free(description->data);
  description->data = malloc(1 + size);
  if (!description->data)
    abort();
  description->data[0] = PGOUTPUT_RELATION;
  memcpy(description->data + 1, body, size);
  description->size = 1 + size;
}

void descriptions_replayed(struct descriptions *descriptions, const char *body, size_t size)
{
  struct description *description = find(descriptions, body, size);
  if (description)
    description->behind = !is(description, body, size);
}

bool descriptions_again(struct descriptions *descriptions, const char **data, size_t *size)
{
  struct description *description, *next;
  HASH_ITER(hh, descriptions->all, description, next)
  {
    if (!description->behind)
      continue;
    description->behind = false;
    *data = description->data;
    *size = description->size;
    return true;
  }
  return false;
}
