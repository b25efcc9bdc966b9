/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as lines of JSON that lose nothing, so that a stream can be recorded and replayed. The
 * form is the one that headrace-sink-file(7) tells people of.
 *
 * A line says in its first member what it is: a relation, which changes refer to by its number; a
 * change; a record; or a position. A number may be given to another relation further on, by another
 * process: the last line that told of it holds. One thread at a time for each struct. */
#ifndef HEADRACE_EVENT_LINE_H
#define HEADRACE_EVENT_LINE_H

#include "relation_cache.h"
#include "text_buffer.h"

/* ---- writing ---------------------------------------------------------------------------- */

struct event_writer {
  struct text_buffer lines;        /* whole lines; the caller takes them and sets size to 0 */
  struct relation_cache relations; /* those that were told of */
};

void event_writer_init(struct event_writer *writer);
void event_writer_free(struct event_writer *writer);
/* What comes now goes where no relation was told of yet. */
void event_writer_forget(struct event_writer *writer);

void event_write_change(struct event_writer *writer, const struct headrace_change *change);
/* `change`: the one it was made of, or NULL. It names the topic of a record that has none. */
void event_write_record(struct event_writer *writer, const struct headrace_record *record,
                        const struct headrace_change *change);
void event_write_position(struct event_writer *writer, const void *position, size_t size);

/* ---- reading ---------------------------------------------------------------------------- */

enum event_line_kind {
  EVENT_LINE_WRONG, /* reader->error says why, without values */
  EVENT_LINE_RELATION,
  EVENT_LINE_CHANGE,
  EVENT_LINE_RECORD,
  EVENT_LINE_POSITION
};

struct event_reader {
  const struct headrace_host *host;
  struct known_relation *relations;
  size_t count, capacity, last;
  const char *error; /* a constant text */
  /* The transaction of the change before, and how it was written: changes of one share it. */
  struct text_buffer transaction_text;
  const struct headrace_transaction *transaction;
  unsigned wanted; /* HEADRACE_WANT_…: other changes of these kinds are left out */
};

void event_reader_init(struct event_reader *reader, const struct headrace_host *host);
void event_reader_free(struct event_reader *reader);

/* What a line is, by its first member, unchecked otherwise. */
enum event_line_kind event_line_kind(const char *line, size_t size);

/* Reads a line without its line feed: a relation is kept, a change or record added to `batch`,
 * which may be NULL for relations. The bytes may go away afterwards. Lengths, numbers and UTF-8
 * are checked, so that what was added is as sound as what any other source gives. */
enum event_line_kind event_read_line(struct event_reader *reader, const char *line, size_t size,
                                     struct headrace_batch *batch);

/* At the beginning of each batch: a transaction that was told of lives in the batch before. */
void event_reader_next_batch(struct event_reader *reader);

#endif
