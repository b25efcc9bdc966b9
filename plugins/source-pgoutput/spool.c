/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE */
#endif
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#define BUFFER_BYTES ((size_t)64 * 1024)

/* Of one transaction; then the limit is reached. A subtransaction is four bytes of memory. */
#define FORGOTTEN_MAX ((size_t)1 << 20)

/* Before each message; only this process reads it. */
struct record_header {
  uint64_t lsn;
  uint32_t size;
  uint32_t owner;
};

struct spool_file {
  uint32_t xid;
  int fd;
  uint64_t written; /* bytes in the file */
  uint32_t *forgotten;
  size_t forgotten_count, forgotten_capacity;

  bool reading;
  uint64_t taken; /* bytes of the file that came to the window */
  char *window;   /* window_start to window_end are not handed out yet */
  size_t window_size, window_start, window_end;
  UT_hash_handle hh;
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

void spool_init(struct spool *spool, const char *directory, uint64_t limit)
{
  *spool =
      (struct spool){.directory = directory, .limit = limit, .buffer = must(malloc(BUFFER_BYTES))};
}

static struct spool_file *find(const struct spool *spool, uint32_t xid)
{
  struct spool_file *file = spool->last;
  if (file && file->xid == xid)
    return file;
  HASH_FIND(hh, spool->files, &xid, sizeof xid, file);
  return file;
}

static void drop(struct spool *spool, struct spool_file *file)
{
  if (spool->last == file) {
    spool->used -= spool->buffered;
    spool->buffered = 0;
    spool->last = NULL;
  }
  spool->used -= file->written;
  HASH_DEL(spool->files, file);
  close(file->fd);
  free(file->forgotten);
  free(file->window);
  free(file);
}

void spool_free(struct spool *spool)
{
  struct spool_file *file, *next;
  HASH_ITER(hh, spool->files, file, next)
  drop(spool, file);
  free(spool->buffer);
  spool->buffer = NULL;
}

void spool_drop(struct spool *spool, uint32_t xid)
{
  struct spool_file *file = find(spool, xid);
  if (file)
    drop(spool, file);
}

/* ---- writing ----------------------------------------------------------- */

/* Not every file system can make a file without a name. */
static int open_named(const char *directory)
{
  size_t size = strlen(directory) + sizeof "/headrace-spool-XXXXXX";
  char *path = must(malloc(size));
  snprintf(path, size, "%s/headrace-spool-XXXXXX", directory);
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0)
    unlink(path);
  free(path);
  return fd;
}

static int open_file(const char *directory)
{
  int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  return fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR) ? open_named(directory) : fd;
}

static struct spool_file *make(struct spool *spool, uint32_t xid)
{
  int fd = open_file(spool->directory);
  if (fd < 0)
    return NULL;
  struct spool_file *file = must(calloc(1, sizeof *file));
  file->xid = xid;
  file->fd = fd;
  HASH_ADD(hh, spool->files, xid, sizeof file->xid, file);
  return file;
}

static bool write_all(struct spool_file *file, const char *data, size_t size)
{
  while (size > 0) {
    ssize_t done = pwrite(file->fd, data, size, (off_t)file->written);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0) {
      errno = done ? errno : ENOSPC;
      return false;
    }
    file->written += (uint64_t)done;
    data += done;
    size -= (size_t)done;
  }
  return true;
}

static bool flush(struct spool *spool)
{
  size_t size = spool->buffered;
  spool->buffered = 0;
  return !size || write_all(spool->last, spool->buffer, size);
}

static bool append(struct spool *spool, const void *data, size_t size)
{
  spool->used += size;
  if (size > BUFFER_BYTES - spool->buffered && !flush(spool))
    return false;
  if (size > BUFFER_BYTES)
    return write_all(spool->last, data, size);
  memcpy(spool->buffer + spool->buffered, data, size);
  spool->buffered += size;
  return true;
}

static bool use(struct spool *spool, uint32_t xid)
{
  struct spool_file *file = find(spool, xid);
  if (file && file == spool->last)
    return true;
  if (!flush(spool))
    return false;
  spool->last = file ? file : make(spool, xid);
  return spool->last != NULL;
}

bool spool_put(struct spool *spool, uint32_t xid, uint32_t owner, uint64_t lsn, char kind,
               const char *body, size_t size)
{
  struct record_header header = {.lsn = lsn, .size = (uint32_t)(size + 1), .owner = owner};
  if (size >= UINT32_MAX || spool->used + sizeof header + header.size > spool->limit) {
    errno = EFBIG;
    return false;
  }
  return use(spool, xid) && append(spool, &header, sizeof header) && append(spool, &kind, 1) &&
         append(spool, body, size);
}

/* ---- rolled back ------------------------------------------------------- */

bool spool_forget(struct spool *spool, uint32_t xid, uint32_t owner)
{
  struct spool_file *file = find(spool, xid);
  if (!file)
    return true;
  if (file->forgotten_count == FORGOTTEN_MAX) {
    errno = EFBIG;
    return false;
  }
  if (file->forgotten_count == file->forgotten_capacity) {
    file->forgotten_capacity = file->forgotten_capacity ? 2 * file->forgotten_capacity : 16;
    file->forgotten =
        must(realloc(file->forgotten, file->forgotten_capacity * sizeof *file->forgotten));
  }
  file->forgotten[file->forgotten_count++] = owner;
  return true;
}

static int by_number(const void *left, const void *right)
{
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return a < b ? -1 : a > b;
}

static bool is_forgotten(const struct spool_file *file, uint32_t owner)
{
  return file->forgotten_count && bsearch(&owner, file->forgotten, file->forgotten_count,
                                          sizeof *file->forgotten, by_number);
}

/* ---- reading ----------------------------------------------------------- */

bool spool_rewind(struct spool *spool, uint32_t xid)
{
  struct spool_file *file = find(spool, xid);
  if (!file)
    return true; /* nothing was written of it */
  if (file == spool->last && !flush(spool))
    return false;
  if (file->forgotten_count)
    qsort(file->forgotten, file->forgotten_count, sizeof *file->forgotten, by_number);
  file->taken = 0;
  file->window_start = file->window_end = 0;
  file->reading = true;
  return true;
}

static void make_room(struct spool_file *file, size_t size)
{
  size_t left = file->window_end - file->window_start;
  if (file->window_start)
    memmove(file->window, file->window + file->window_start, left);
  file->window_start = 0;
  file->window_end = left;
  size_t wanted = size > BUFFER_BYTES ? size : BUFFER_BYTES;
  if (wanted > file->window_size || file->window_size > 2 * wanted) {
    file->window = must(realloc(file->window, wanted > left ? wanted : left));
    file->window_size = wanted > left ? wanted : left;
  }
}

/* At least `size` bytes are in the window after it. */
static bool need(struct spool_file *file, size_t size)
{
  if (file->window_end - file->window_start >= size)
    return true;
  if (file->written - file->taken < size - (file->window_end - file->window_start)) {
    errno = EIO;
    return false;
  }
  make_room(file, size);
  while (file->window_end < size) {
    ssize_t got = pread(file->fd, file->window + file->window_end,
                        file->window_size - file->window_end, (off_t)file->taken);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      errno = got ? errno : EIO;
      return false;
    }
    file->taken += (uint64_t)got;
    file->window_end += (size_t)got;
  }
  return true;
}

enum spool_answer spool_next(struct spool *spool, uint32_t xid, struct spool_record *record)
{
  struct spool_file *file = find(spool, xid);
  struct record_header header;
  if (!file)
    return SPOOL_END;
  do {
    if (file->taken == file->written && file->window_start == file->window_end)
      return SPOOL_END;
    if (!need(file, sizeof header))
      return SPOOL_FAILED;
    memcpy(&header, file->window + file->window_start, sizeof header);
    if (!need(file, sizeof header + header.size))
      return SPOOL_FAILED;
    *record = (struct spool_record){.lsn = header.lsn,
                                    .data = file->window + file->window_start + sizeof header,
                                    .size = header.size};
    file->window_start += sizeof header + header.size;
  } while (is_forgotten(file, header.owner));
  return SPOOL_RECORD;
}
