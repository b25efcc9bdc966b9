/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules for the case of names. Letters beyond ASCII are left alone: what is done to them would
 * depend on a locale. */
#ifndef HEADRACE_SINK_POSTGRES_LETTER_CASE_H
#define HEADRACE_SINK_POSTGRES_LETTER_CASE_H

enum letter_case { CASE_KEEP, CASE_LOWER, CASE_UPPER, CASE_SNAKE, CASE_CAMEL };

#define LETTER_CASES "keep|lower|upper|snake|camel"

/* The name by the rule, to be freed. snake: OrderLines, order-lines, order.lines → order_lines.
 * camel: order_lines → orderLines. */
char *letter_case_apply(enum letter_case rule, const char *name);

#endif
