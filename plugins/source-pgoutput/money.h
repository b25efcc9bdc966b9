/* SPDX-License-Identifier: Apache-2.0
 *
 * The type money: the server writes it for people, with the signs of lc_monetary,
 * which sessions of ours set to C. */
#ifndef HEADRACE_MONEY_H
#define HEADRACE_MONEY_H

#include <headrace/plugin.h>
#include <stdbool.h>

/* A column, or the elements of one. */
bool money_in(const struct headrace_relation *relation);

/* Makes the canonical text of them in place: the bytes that they point to are ours. */
void money_strip(const struct headrace_relation *relation, struct headrace_value *values);
void money_strip_column(const struct headrace_column *column, struct headrace_value *value);

#endif
