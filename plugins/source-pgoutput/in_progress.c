/* SPDX-License-Identifier: Apache-2.0 */
#include "in_progress.h"

#include "pgoutput.h"
#include "position.h"

#include <errno.h>
#include <string.h>

/* Lengths of parts that the two versions have in common. */
#define XID_SIZE    sizeof(uint32_t)
#define LSN_SIZE    sizeof(uint64_t)
#define FLAGS_SIZE  1
#define COMMIT_SIZE (FLAGS_SIZE + 3 * LSN_SIZE) /* flags, LSN, end, time */

void in_progress_init(struct in_progress *in_progress, const struct headrace_host *host,
                      const char *directory, uint64_t limit)
{
  *in_progress = (struct in_progress){.host = host};
  spool_init(&in_progress->spool, directory, limit);
}

void in_progress_free(struct in_progress *in_progress)
{
  if (in_progress->host)
    spool_free(&in_progress->spool);
  descriptions_free(&in_progress->descriptions);
  *in_progress = (struct in_progress){.host = NULL};
}

void in_progress_reset(struct in_progress *in_progress)
{
  const char *directory = in_progress->spool.directory;
  uint64_t limit = in_progress->spool.limit;
  const struct headrace_host *host = in_progress->host;
  in_progress_free(in_progress);
  in_progress_init(in_progress, host, directory, limit);
}

static enum headrace_result broken(const struct in_progress *in_progress, char kind, uint64_t lsn,
                                   const char *reason)
{
  in_progress->host->log(in_progress->host, HEADRACE_ERROR,
                         "the pgoutput message '%c' at %s is broken: %s", kind ? kind : '?',
                         lsn_text(lsn).text, reason);
  return HEADRACE_FATAL;
}

static enum headrace_result spool_failed(struct in_progress *in_progress)
{
  in_progress->failure = errno;
  return HEADRACE_RETRY;
}

/* BEGIN and COMMIT of version 1 have the fields of STREAM_COMMIT, in the same form. */
static void begin_replay(struct in_progress *in_progress, const struct stream_message *message,
                         uint32_t xid)
{
  const char *fields = message->data + 1;
  const char *commit = fields + XID_SIZE;
  in_progress->replay = xid;
  in_progress->begun = false;
  in_progress->commit_lsn = message->lsn;
  in_progress->commit[0] = PGOUTPUT_COMMIT;
  memcpy(in_progress->commit + 1, commit, COMMIT_SIZE);
  in_progress->commit_size = 1 + COMMIT_SIZE;
  char *begin = in_progress->begin;
  begin[0] = PGOUTPUT_BEGIN;
  memcpy(begin + 1, commit + FLAGS_SIZE, LSN_SIZE);
  memcpy(begin + 1 + LSN_SIZE, commit + FLAGS_SIZE + 2 * LSN_SIZE, LSN_SIZE);
  memcpy(begin + 1 + 2 * LSN_SIZE, fields, XID_SIZE);
  in_progress->begin_size = 1 + 2 * LSN_SIZE + XID_SIZE;
}

static enum headrace_result stream_abort(struct in_progress *in_progress,
                                         const struct pgoutput_stream_abort *abort)
{
  if (abort->xid == abort->aborted_xid)
    spool_drop(&in_progress->spool, abort->xid);
  else if (!spool_forget(&in_progress->spool, abort->xid, abort->aborted_xid))
    return spool_failed(in_progress);
  return HEADRACE_OK;
}

/* The first record stands for BEGIN: it has the LSN that BEGIN has in version 1. */
static enum headrace_result begin_spool(struct in_progress *in_progress, uint64_t lsn)
{
  struct spool *spool = &in_progress->spool;
  uint32_t xid = in_progress->block;
  spool_drop(spool, xid);
  return spool_put(spool, xid, xid, lsn, PGOUTPUT_BEGIN, "", 0) ? HEADRACE_OK
                                                                : spool_failed(in_progress);
}

/* Outside of a block. */
static enum headrace_result take_frame(struct in_progress *in_progress,
                                       const struct stream_message *message)
{
  struct pgoutput_message parsed;
  struct pgoutput_error error;
  if (!pgoutput_parse(message->data, message->size, &parsed, &error))
    return broken(in_progress, error.kind, message->lsn, error.reason);
  if (parsed.kind == PGOUTPUT_STREAM_ABORT)
    return stream_abort(in_progress, &parsed.stream_abort);
  if (parsed.kind == PGOUTPUT_STREAM_START && parsed.stream_start.xid) {
    in_progress->block = parsed.stream_start.xid;
    return parsed.stream_start.first ? begin_spool(in_progress, message->lsn) : HEADRACE_OK;
  }
  if (parsed.kind != PGOUTPUT_STREAM_COMMIT || !parsed.stream_commit.xid)
    return broken(in_progress, message->data[0], message->lsn,
                  "it has no place in the stream here");
  begin_replay(in_progress, message, parsed.stream_commit.xid);
  return spool_rewind(&in_progress->spool, in_progress->replay) ? HEADRACE_OK
                                                                : spool_failed(in_progress);
}

/* The server describes a relation once in a transaction, and not again when the subtransaction
 * that it did so for is rolled back: descriptions stay. */
static uint32_t owner_of(const struct pgoutput_streamed *streamed, uint32_t block)
{
  bool described = streamed->kind == PGOUTPUT_RELATION || streamed->kind == PGOUTPUT_TYPE;
  return streamed->xid && !described ? streamed->xid : block;
}

/* Inside of one. */
static enum headrace_result take_streamed(struct in_progress *in_progress,
                                          const struct stream_message *message)
{
  struct pgoutput_streamed streamed;
  struct pgoutput_error error;
  if (!pgoutput_parse_streamed(message->data, message->size, &streamed, &error))
    return broken(in_progress, error.kind, message->lsn, error.reason);
  switch (streamed.kind) {
  case PGOUTPUT_STREAM_STOP:
    in_progress->block = 0;
    return HEADRACE_OK;
  case PGOUTPUT_RELATION:
    descriptions_arrived(&in_progress->descriptions, streamed.body.data, streamed.body.size);
    break;
  case PGOUTPUT_ORIGIN:
  case PGOUTPUT_TYPE:
  case PGOUTPUT_INSERT:
  case PGOUTPUT_UPDATE:
  case PGOUTPUT_DELETE:
  case PGOUTPUT_TRUNCATE:
  case PGOUTPUT_MESSAGE:
    break;
  default:
    return broken(in_progress, message->data[0], message->lsn,
                  "it has no place inside of a block of a transaction in progress");
  }
  if (!spool_put(&in_progress->spool, in_progress->block, owner_of(&streamed, in_progress->block),
                 message->lsn, (char)streamed.kind, streamed.body.data, streamed.body.size))
    return spool_failed(in_progress);
  return HEADRACE_OK;
}

enum headrace_result in_progress_take(struct in_progress *in_progress,
                                      const struct stream_message *message, bool *taken)
{
  char kind = message->size ? message->data[0] : 0;
  *taken = true;
  if (in_progress->block)
    return take_streamed(in_progress, message);
  if (kind == PGOUTPUT_STREAM_START || kind == PGOUTPUT_STREAM_STOP ||
      kind == PGOUTPUT_STREAM_COMMIT || kind == PGOUTPUT_STREAM_ABORT)
    return take_frame(in_progress, message);
  if (kind == PGOUTPUT_RELATION)
    descriptions_arrived(&in_progress->descriptions, message->data + 1, message->size - 1);
  *taken = false;
  return HEADRACE_OK;
}

static void give(struct stream_message *message, uint64_t lsn, const char *data, size_t size)
{
  *message = (struct stream_message){.event = STREAM_DATA, .lsn = lsn, .data = data, .size = size};
}

enum headrace_result in_progress_next(struct in_progress *in_progress,
                                      struct stream_message *message)
{
  struct spool_record record;
  const char *data;
  size_t size;
  switch (spool_next(&in_progress->spool, in_progress->replay, &record)) {
  case SPOOL_RECORD:
    if (record.size && record.data[0] == PGOUTPUT_RELATION)
      descriptions_replayed(&in_progress->descriptions, record.data + 1, record.size - 1);
    if (in_progress->begun)
      give(message, record.lsn, record.data, record.size);
    else
      give(message, record.lsn, in_progress->begin, in_progress->begin_size);
    in_progress->begun = true;
    return HEADRACE_OK;
  case SPOOL_END:
    if (descriptions_again(&in_progress->descriptions, &data, &size)) {
      give(message, in_progress->commit_lsn, data, size);
      return HEADRACE_OK;
    }
    spool_drop(&in_progress->spool, in_progress->replay);
    in_progress->replay = 0;
    give(message, in_progress->commit_lsn, in_progress->commit, in_progress->commit_size);
    return HEADRACE_OK;
  case SPOOL_FAILED:
    break;
  }
  return spool_failed(in_progress);
}
