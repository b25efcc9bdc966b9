/* SPDX-License-Identifier: Apache-2.0 */
#include "log_sink.h"
#include "pg_quote.h"
#include "sink.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_MS  10000 /* without a notification: it may have been lost with a connection */
#define RETRY_MS 1000

/* At most 1,000 rows, and about 8 MiB; in the order in which they were put. */
static const char *const select_sql =
    "SELECT id, \"timestamp\", key, value, headers, topic_id, coalesce(partition_id, -1)"
    " FROM (SELECT o.*, sum(coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0))"
    " OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before"
    " FROM outbox o ORDER BY id LIMIT 1000) o WHERE coalesce(before, 0) < 8388608 ORDER BY id";

/* ---- the thread --------------------------------------------------------------------- */

static void signal_thread(const struct log_outbox *outbox)
{
  uint64_t one = 1;
  ssize_t done = write(outbox->wake_fd, &one, sizeof one);
  (void)done; /* full: it wakes anyway */
}

static bool is_stopping(struct log_outbox *outbox)
{
  pthread_mutex_lock(&outbox->mutex);
  bool stopping = outbox->stopping;
  pthread_mutex_unlock(&outbox->mutex);
  return stopping;
}

static bool listen_to(PGconn *connection)
{
  static const char *const sql =
      "DO $$ BEGIN EXECUTE format('LISTEN %I', current_schema() || '_outbox'); END $$";
  struct pg_error error;
  PGresult *result = pg_query(connection, &error, sql, 0, NULL);
  PQclear(result);
  return result != NULL;
}

static PGconn *connect_to(const struct log_sink *sink)
{
  struct pg_error error; /* the sink's thread says that the server is away */
  PGconn *connection = log_connect(sink, &error);
  if (connection && listen_to(connection))
    return connection;
  PQfinish(connection);
  return NULL;
}

/* False: the connection is gone. */
static bool read_rows(struct log_sink *sink, PGconn *connection)
{
  struct log_outbox *outbox = &sink->outbox;
  pthread_mutex_lock(&outbox->mutex);
  bool busy = outbox->busy;
  pthread_mutex_unlock(&outbox->mutex);
  if (busy)
    return true;
  PGresult *rows = PQexecParams(connection, select_sql, 0, NULL, NULL, NULL, NULL, 1);
  bool good = PQresultStatus(rows) == PGRES_TUPLES_OK;
  if (!good || !PQntuples(rows)) {
    PQclear(rows);
    return good;
  }
  pthread_mutex_lock(&outbox->mutex);
  outbox->busy = true;
  outbox->rows = rows;
  pthread_mutex_unlock(&outbox->mutex);
  sink->host->wake(sink->host);
  return true;
}

static bool take_notifications(PGconn *connection)
{
  PGnotify *news;
  bool any = false;
  while ((news = PQnotifies(connection))) {
    PQfreemem(news);
    any = true;
  }
  return any;
}

/* One may have come with the rows, which were read just before. False: the connection is gone. */
static bool wait_for_news(const struct log_outbox *outbox, PGconn *connection)
{
  struct pollfd fds[2] = {{.fd = outbox->wake_fd, .events = POLLIN}, {.events = POLLIN}};
  uint64_t count;
  if (connection && take_notifications(connection))
    return true;
  if (connection)
    fds[1].fd = PQsocket(connection);
  poll(fds, connection ? 2 : 1, connection ? LOOK_MS : RETRY_MS);
  ssize_t done = read(outbox->wake_fd, &count, sizeof count);
  (void)done;
  if (!connection)
    return true;
  bool good = PQconsumeInput(connection);
  take_notifications(connection);
  return good;
}

static void *work(void *context)
{
  struct log_sink *sink = context;
  PGconn *connection = NULL;
  while (!is_stopping(&sink->outbox)) {
    if (!connection)
      connection = connect_to(sink);
    bool good = !connection || read_rows(sink, connection);
    if (!good || !wait_for_news(&sink->outbox, connection)) {
      PQfinish(connection);
      connection = NULL;
    }
  }
  PQfinish(connection);
  return NULL;
}

void log_outbox_start(struct log_sink *sink)
{
  struct log_outbox *outbox = &sink->outbox;
  pthread_mutex_init(&outbox->mutex, NULL);
  outbox->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (outbox->wake_fd < 0 || pthread_create(&outbox->thread, NULL, work, sink) != 0)
    abort();
}

void log_outbox_stop(struct log_sink *sink)
{
  struct log_outbox *outbox = &sink->outbox;
  pthread_mutex_lock(&outbox->mutex);
  outbox->stopping = true;
  pthread_mutex_unlock(&outbox->mutex);
  signal_thread(outbox);
  pthread_join(outbox->thread, NULL);
  PQclear(outbox->rows);
  close(outbox->wake_fd);
  pthread_mutex_destroy(&outbox->mutex);
}

/* ---- the sink's thread -------------------------------------------------------------- */

static struct headrace_value value_at(const PGresult *rows, int row, int column)
{
  return PQgetisnull(rows, row, column)
             ? (struct headrace_value){.state = HEADRACE_NULL}
             : (struct headrace_value){PQgetvalue(rows, row, column),
                                       (uint32_t)PQgetlength(rows, row, column), HEADRACE_BINARY};
}

static int32_t int_at(const PGresult *rows, int row, int column)
{
  const unsigned char *bytes = (const unsigned char *)PQgetvalue(rows, row, column);
  return (int32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                   bytes[3]);
}

static void take_row(struct log_sink *sink, struct log_group *group, const PGresult *rows, int row)
{
  struct headrace_value values[LOG_ROW_VALUES];
  struct headrace_record record;
  for (int i = 0; i < LOG_ROW_VALUES; i++)
    values[i] = value_at(rows, row, i);
  bool sound = log_row_take(values, &record);
  log_group_take_outbox(sink, group, record.offset, int_at(rows, row, 5), int_at(rows, row, 6),
                        sound ? &record : NULL);
  free((struct headrace_header *)(uintptr_t)record.headers);
}

void log_outbox_take(struct log_sink *sink, struct log_group *group)
{
  struct log_outbox *outbox = &sink->outbox;
  pthread_mutex_lock(&outbox->mutex);
  PGresult *rows = outbox->rows;
  outbox->rows = NULL;
  pthread_mutex_unlock(&outbox->mutex);
  for (int row = 0; row < PQntuples(rows); row++)
    take_row(sink, group, rows, row);
  PQclear(rows);
}

/* ---- telling the reader ------------------------------------------------------------- */

struct advanced {
  struct log_question question;
  struct headrace_topic_id id;
  int32_t partition;
};

static void tell(struct log_question *question)
{
  const struct advanced *advanced = (struct advanced *)question;
  const struct headrace_log_reader *reader = &question->sink->questions.reader;
  if (reader->advanced)
    reader->advanced(reader->context, &advanced->id, advanced->partition);
}

static const struct log_question_type advanced_type = {.answer = tell};

static bool is_attached(struct log_questions *questions)
{
  pthread_mutex_lock(&questions->mutex);
  bool attached = questions->reader.wake != NULL;
  pthread_mutex_unlock(&questions->mutex);
  return attached;
}

void log_outbox_written(struct log_sink *sink, const struct log_group *group)
{
  struct log_outbox *outbox = &sink->outbox;
  if (!group->outbox_count)
    return;
  bool attached = is_attached(&sink->questions);
  for (size_t i = 0; i < group->entry_count && attached; i++) {
    const struct log_partition *partition = group->entries[i].partition;
    if (!group->entries[i].by_sql)
      continue;
    struct advanced *advanced = log_question_new(sink, sizeof *advanced, &advanced_type, NULL);
    advanced->id = partition->topic->id;
    advanced->partition = partition->number;
    log_question_done(sink, &advanced->question);
  }
  pthread_mutex_lock(&outbox->mutex);
  outbox->busy = false;
  pthread_mutex_unlock(&outbox->mutex);
  signal_thread(outbox);
}
