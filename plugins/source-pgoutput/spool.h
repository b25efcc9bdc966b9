/* SPDX-License-Identifier: Apache-2.0
 *
 * What came of transactions that are still in progress, on disk: an unlinked
 * file for each, so that nothing is left behind however the process ends. The
 * content is only worth anything to the process that wrote it: after a restart
 * the server sends all of it again. No host, no server: plain files. */
#ifndef HEADRACE_SPOOL_H
#define HEADRACE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool_file;

struct spool {
  const char *directory;
  uint64_t limit; /* bytes of all files together */
  uint64_t used;
  struct spool_file *files; /* by xid */
  struct spool_file *last;  /* the one that was written last: only it has bytes in `buffer` */
  char *buffer;
  size_t buffered;
};

/* One message. The data is there until the next call. */
struct spool_record {
  uint64_t lsn;
  const char *data;
  size_t size;
};

enum spool_answer { SPOOL_RECORD, SPOOL_END, SPOOL_FAILED };

void spool_init(struct spool *spool, const char *directory, uint64_t limit);
void spool_free(struct spool *spool);

/* Adds a message, its kind and its body, to the file of transaction `xid`; `owner` is the
 * subtransaction that made it (or xid). False: errno says why; EFBIG: over the limit. What is
 * in the file then is not whole. */
bool spool_put(struct spool *spool, uint32_t xid, uint32_t owner, uint64_t lsn, char kind,
               const char *body, size_t size);

/* Subtransaction `owner` was rolled back: its messages are left out. False as above. */
bool spool_forget(struct spool *spool, uint32_t xid, uint32_t owner);

/* Drops the file of a transaction; there may be none. */
void spool_drop(struct spool *spool, uint32_t xid);

/* The messages of a transaction from the first on, without those forgotten. No spool_put to it
 * after this. SPOOL_FAILED: errno says why; EIO: what is read is not what was written. */
bool spool_rewind(struct spool *spool, uint32_t xid);
enum spool_answer spool_next(struct spool *spool, uint32_t xid, struct spool_record *record);

#endif
