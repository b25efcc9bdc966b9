/* SPDX-License-Identifier: Apache-2.0
 *
 * A change that was refused before it was encoded, as a record that a sink can put aside. */
#ifndef HEADRACE_CHANGE_LETTER_H
#define HEADRACE_CHANGE_LETTER_H

#include "memory.h"

#include <headrace/plugin.h>

/* In the arena: no topic and no key; the value is a text for people and programs: an object
 * with the operation, the table's names, and the rows' texts by column. */
const struct headrace_record *change_letter(struct arena *arena,
                                            const struct headrace_change *change);

#endif
