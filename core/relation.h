/* SPDX-License-Identifier: Apache-2.0
 *
 * Relations that outlive the source's idea of them: a deep copy with a count
 * of the batches (and the source) that still point at it. */
#ifndef HEADRACE_RELATION_H
#define HEADRACE_RELATION_H

#include <headrace/plugin.h>

/* Gives one reference. The id must be new to everybody who will see the copy. */
const struct headrace_relation *relation_copy(const struct headrace_relation *description,
                                              uint64_t id);
void relation_hold(const struct headrace_relation *relation);
void relation_release(const struct headrace_relation *relation);

#endif
