/* SPDX-License-Identifier: Apache-2.0
 *
 * Protocol version 2 made into version 1: the blocks of transactions that are
 * still in progress go to a spool, and once a transaction has committed it comes
 * out as a whole, from BEGIN to COMMIT, as if the server had sent it then. Who
 * reads behind this cannot tell the versions apart. */
#ifndef HEADRACE_IN_PROGRESS_H
#define HEADRACE_IN_PROGRESS_H

#include "descriptions.h"
#include "spool.h"
#include "stream.h"

#define IN_PROGRESS_ENVELOPE_MAX 32

struct in_progress {
  const struct headrace_host *host;
  struct spool spool;
  struct descriptions descriptions;
  uint32_t block;  /* xid of the block that the stream is in; 0: none */
  uint32_t replay; /* xid of the transaction that comes out; 0: none */
  bool begun;      /* its BEGIN is out */
  int failure;     /* errno of the spool; EFBIG: it is full. The stream has to go on without it */
  char begin[IN_PROGRESS_ENVELOPE_MAX], commit[IN_PROGRESS_ENVELOPE_MAX];
  size_t begin_size, commit_size;
  uint64_t commit_lsn;
};

void in_progress_init(struct in_progress *in_progress, const struct headrace_host *host,
                      const char *directory, uint64_t limit);
void in_progress_free(struct in_progress *in_progress);

/* The stream begins anew: what was spooled comes again. */
void in_progress_reset(struct in_progress *in_progress);

/* What came, a STREAM_DATA. *taken: it was part of version 2 only. FATAL: it is broken; said.
 * RETRY: the spool failed (`failure`), which the caller has to say. */
enum headrace_result in_progress_take(struct in_progress *in_progress,
                                      const struct stream_message *message, bool *taken);

/* The next message of the transaction that comes out, to be decoded before anything else of the
 * stream; its data is there until the next call. RETRY: as above. */
enum headrace_result in_progress_next(struct in_progress *in_progress,
                                      struct stream_message *message);

static inline bool in_progress_replays(const struct in_progress *in_progress)
{
  return in_progress->replay != 0;
}

#endif
