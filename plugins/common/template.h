/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts with places to fill in: "{prefix}.{schema}.{table}". A brace has no
 * other meaning in them and cannot be escaped. No function keeps state: any
 * thread may call them at any time. */
#ifndef HEADRACE_TEMPLATE_H
#define HEADRACE_TEMPLATE_H

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether every brace is closed and every place is one of `names` (ended by
 * NULL). If not, `error` says which part is wrong, as an operator would read it. */
bool template_check(const char *text, const char *const *names, char *error, size_t size);

/* Whether `text` has the place {name}. */
bool template_uses(const char *text, const char *name);

/* `text` with each place filled from `values` (a place that none of them names,
 * or whose value is NULL, becomes nothing). The caller frees it. Aborts when
 * there is no memory. */
char *template_expand(const char *text, const struct headrace_pair *values, size_t count);

#endif
