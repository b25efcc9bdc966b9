/* SPDX-License-Identifier: Apache-2.0
 *
 * Users' credentials. They are asked for anew by each who logs in: what is altered, here or by
 * SQL, holds from its commit on. */
#include "log_interface.h"
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"
#include "text_buffer.h"

#include <stdlib.h>
#include <string.h>

enum { USER, MECHANISM, ITERATIONS, SALT, STORED_KEY, SERVER_KEY };

struct user_question {
  struct log_question question;
  char *text; /* the name that is asked for, NULL: all; or SQL that alters */
  PGresult *rows;
  headrace_log_done done;
  headrace_log_credentials_done credentials_done;
};

static void user_free(struct log_question *question)
{
  struct user_question *user = (struct user_question *)question;
  free(user->text);
  PQclear(user->rows);
}

/* ---- altering ----------------------------------------------------------------------- */

static void add_literal(struct text_buffer *sql, const char *text)
{
  char *literal = pg_quote_literal(text);
  text_say(sql, literal);
  free(literal);
}

static void add_bytes(struct text_buffer *sql, struct headrace_log_bytes bytes)
{
  const unsigned char *data = bytes.data;
  text_say(sql, ", decode('");
  char *digit = text_room(sql, 2 * bytes.size);
  for (size_t i = 0; i < bytes.size; i++) {
    *digit++ = "0123456789abcdef"[data[i] >> 4];
    *digit++ = "0123456789abcdef"[data[i] & 15];
  }
  sql->size += 2 * bytes.size;
  text_say(sql, "', 'hex')");
}

static void add_removal(struct text_buffer *sql, const struct headrace_log_credential *credential)
{
  text_say(sql, "DELETE FROM credentials WHERE user_name = ");
  add_literal(sql, credential->user);
  text_say(sql, " AND mechanism = ");
  add_literal(sql, credential->mechanism);
  text_say(sql, ";");
}

static void add_upsert(struct text_buffer *sql, const struct headrace_log_credential *credential)
{
  text_say(sql, "INSERT INTO credentials (user_name, mechanism, iterations, salt, stored_key,"
                " server_key) VALUES (");
  add_literal(sql, credential->user);
  text_say(sql, ", ");
  add_literal(sql, credential->mechanism);
  text_say(sql, ", ");
  text_integer(sql, credential->iterations);
  add_bytes(sql, credential->salt);
  add_bytes(sql, credential->stored_key);
  add_bytes(sql, credential->server_key);
  text_say(sql, ") ON CONFLICT (user_name, mechanism) DO UPDATE SET"
                " iterations = excluded.iterations, salt = excluded.salt,"
                " stored_key = excluded.stored_key, server_key = excluded.server_key,"
                " changed_at = now();");
}

static bool alter_run(struct log_asker *asker, struct log_question *question,
                      struct pg_error *error)
{
  return log_change(asker, error, ((struct user_question *)question)->text);
}

static void alter_answer(struct log_question *question)
{
  ((struct user_question *)question)->done(question->context, question->error, question->reason);
}

static const struct log_question_type alter_type = {.lane = LANE_CONTROL,
                                                    .run = alter_run,
                                                    .answer = alter_answer,
                                                    .free = user_free,
                                                    .again = true};

void log_alter_credentials(void *self, const struct headrace_log_credential *credentials,
                           size_t count, headrace_log_done done, void *context)
{
  struct user_question *user = log_question_new(self, sizeof *user, &alter_type, context);
  struct text_buffer sql = {0};
  for (size_t i = 0; i < count; i++)
    (credentials[i].iterations ? add_upsert : add_removal)(&sql, &credentials[i]);
  text_add(&sql, "", 1);
  user->text = sql.bytes;
  user->done = done;
  log_question_ask(self, &user->question);
}

/* ---- what there is ------------------------------------------------------------------ */

static bool ask_run(struct log_asker *asker, struct log_question *question, struct pg_error *error)
{
  struct user_question *user = (struct user_question *)question;
  user->rows = log_ask(asker, error,
                       "SELECT user_name, mechanism, iterations, encode(salt, 'hex'),"
                       " encode(stored_key, 'hex'), encode(server_key, 'hex') FROM credentials"
                       " WHERE user_name = coalesce($1::text, user_name)"
                       " ORDER BY user_name, mechanism",
                       1, (const char *[]){user->text});
  return user->rows != NULL;
}

static unsigned char nibble(char digit)
{
  return (unsigned char)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* In the place of its digits, which the result has to itself. */
static struct headrace_log_bytes take_bytes(const PGresult *rows, int row, int column)
{
  char *digits = PQgetvalue(rows, row, column);
  size_t size = (size_t)PQgetlength(rows, row, column) / 2;
  for (size_t i = 0; i < size; i++)
    digits[i] = (char)(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
  return (struct headrace_log_bytes){digits, size};
}

static void ask_answer(struct log_question *question)
{
  const struct user_question *user = (struct user_question *)question;
  const PGresult *rows = user->rows;
  int count = rows ? PQntuples(rows) : 0;
  struct headrace_log_credential *all = sink_alloc(((size_t)count + 1) * sizeof *all);
  for (int i = 0; i < count; i++)
    all[i] = (struct headrace_log_credential){.user = PQgetvalue(rows, i, USER),
                                              .mechanism = PQgetvalue(rows, i, MECHANISM),
                                              .iterations = atoi(PQgetvalue(rows, i, ITERATIONS)),
                                              .salt = take_bytes(rows, i, SALT),
                                              .stored_key = take_bytes(rows, i, STORED_KEY),
                                              .server_key = take_bytes(rows, i, SERVER_KEY)};
  user->credentials_done(question->context, question->error, all, (size_t)count);
  free(all);
}

static const struct log_question_type ask_type = {
    .lane = LANE_CONTROL, .run = ask_run, .answer = ask_answer, .free = user_free, .again = true};

void log_credentials(void *self, const char *name, headrace_log_credentials_done done,
                     void *context)
{
  struct user_question *user = log_question_new(self, sizeof *user, &ask_type, context);
  user->text = name ? strdup(name) : NULL;
  user->credentials_done = done;
  log_question_ask(self, &user->question);
}
