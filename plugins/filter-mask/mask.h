/* SPDX-License-Identifier: Apache-2.0
 *
 * filter mask: values of columns that must not be seen behind it. */
#ifndef HEADRACE_MASK_H
#define HEADRACE_MASK_H

#include "name_pattern.h"
#include "relation_cache.h"

#include <openssl/evp.h>

/* The strongest first: it is what a column gets that several keys name. */
enum method { METHOD_NULL = 0, METHOD_HASH, METHOD_CONSTANT, METHOD_TRUNCATE, METHODS };

#define HASH_DIGITS 64 /* of SHA-256 */

struct mask {
  const struct headrace_host *host;
  struct name_patterns columns[METHODS];
  EVP_MAC_CTX *hash; /* NULL: nothing is hashed */
  size_t hash_length;
  bool truncate_keys;
  struct relation_cache plans;
};

struct step { /* what is done to one column */
  uint32_t column;
  enum method method;
  bool is_bytes;
  const char *constant;
  uint32_t length; /* of METHOD_TRUNCATE: characters, of bytes bytes */
};

struct plan {
  struct step *steps;
  size_t count;
  char *fault;                             /* why it cannot be done; NULL: it can */
  const struct headrace_relation *derived; /* NULL: the columns' types are as they were */
};

/* plan.c, for the cache */
void *plan_make(void *context, const struct headrace_relation *relation);
void plan_discard(void *context, void *made);

/* False: not a whole number from 0 to INT32_MAX. */
bool read_length(const char *text, uint32_t *length);

/* values.c: the masked value, in the batch's memory. Null and absent stay what they are. */
struct headrace_value masked(const struct mask *mask, const struct step *step,
                             const struct headrace_value *value, struct headrace_batch *out);

#endif
