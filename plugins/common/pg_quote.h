/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and texts inside SQL and replication commands (PostgreSQL
 * documentation 4.1). Every result is malloc'ed and belongs to the caller; a
 * process without memory aborts. */
#ifndef HEADRACE_PG_QUOTE_H
#define HEADRACE_PG_QUOTE_H

/* "name", with quotes inside doubled: always quoted, so that keywords and
 * capitals need no list. */
char *pg_quote_identifier(const char *name);

/* "schema"."name" */
char *pg_quote_qualified(const char *schema, const char *name);

/* 'text', as E'…' if it holds a backslash: right whatever
 * standard_conforming_strings says. */
char *pg_quote_literal(const char *text);

/* 'text' for replication commands, whose grammar (repl_scanner.l) knows no escapes. */
char *pg_quote_replication_literal(const char *text);

/* printf into malloc'ed memory. */
char *pg_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Appends printf's text to *text (NULL at first), which moves. */
void pg_append(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
