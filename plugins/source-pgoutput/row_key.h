/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows told apart by 128 bits made of their values with a secret that is drawn
 * anew in each process: SipHash-2-4 with 128 bits of output (Aumasson, Bernstein).
 * That two rows of a table are taken for one is then less likely than a fault of the
 * machine, and nobody can bring it about. */
#ifndef HEADRACE_ROW_KEY_H
#define HEADRACE_ROW_KEY_H

#include <headrace/plugin.h>
#include <stdbool.h>

struct row_key {
  uint64_t a, b;
};

struct row_key_secret {
  uint64_t k0, k1;
};

struct row_key_secret row_key_secret(void);

/* Of the key's values; of all values, if the relation has no key. False: one is ABSENT. */
bool row_key_of(const struct row_key_secret *secret, const struct headrace_relation *relation,
                const struct headrace_value *values, struct row_key *key);

int row_key_compare(const struct row_key *x, const struct row_key *y);

#endif
