/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "must_alloc.h"
#include "numbered_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536 /* read at a time, from the end */

void output_init(struct output *output, const struct headrace_host *host)
{
  *output = (struct output){.host = host,
                            .base = host->string(host, "path"),
                            .rotate_bytes = host->integer(host, "rotate_bytes"),
                            .rotate_us = host->integer(host, "rotate_interval") * 1000,
                            .keep = host->integer(host, "keep"),
                            .fd = -1};
  output->numbered = output->rotate_bytes || output->rotate_us;
}

void output_close(struct output *output)
{
  if (output->fd >= 0)
    close(output->fd);
  output->fd = -1;
  free(output->path);
  output->path = NULL;
}

/* A full disk may get room again, a folder may come back. */
static enum headrace_result fault(const struct output *output, const char *what)
{
  const char *advice = errno == ENOSPC || errno == EDQUOT ? "; it goes on when there is room" : "";
  output->host->log(output->host, HEADRACE_ERROR, "cannot %s %s: %s%s", what,
                    output->path ? output->path : output->base, strerror(errno), advice);
  return HEADRACE_RETRY;
}

/* ---- opening --------------------------------------------------------------------------- */

static enum headrace_result newest(struct output *output)
{
  for (uint64_t number = 0;;) {
    int64_t next = numbered_next(output->base, number);
    if (next < 0) {
      errno = (int)-next;
      return fault(output, "look for the files of");
    }
    if (!next) {
      output->number = number;
      return HEADRACE_OK;
    }
    number = (uint64_t)next;
  }
}

/* The new name is to survive a crash like what is in the file. */
static void sync_folder(const struct output *output)
{
  const char *slash = strrchr(output->path, '/');
  char *folder =
      slash ? must_copy(output->path, (size_t)(slash - output->path) + 1) : must_copy(".", 1);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (fd >= 0) {
    (void)fsync(fd); /* not every file system can */
    close(fd);
  }
}

static enum headrace_result open_path(struct output *output, int flags)
{
  struct stat file;
  free(output->path);
  output->path = output->number ? numbered_path(output->base, output->number)
                                : must_copy(output->base, strlen(output->base));
  output->fd = open(output->path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0640);
  if (output->fd < 0 || fstat(output->fd, &file))
    return fault(output, "open");
  if (!S_ISREG(file.st_mode)) {
    output->host->log(output->host, HEADRACE_ERROR, "%s is no file; path has to name one",
                      output->path);
    return HEADRACE_FATAL;
  }
  if (flock(output->fd, LOCK_EX | LOCK_NB)) {
    output->host->log(output->host, HEADRACE_ERROR,
                      "another process writes %s; give each pipeline a path of its own",
                      output->path);
    return HEADRACE_RETRY;
  }
  sync_folder(output);
  output->size = file.st_size;
  output->opened_us = output->host->now_us(output->host);
  return HEADRACE_OK;
}

static enum headrace_result cut(struct output *output)
{
  if (ftruncate(output->fd, output->size) || lseek(output->fd, output->size, SEEK_SET) < 0)
    return fault(output, "cut");
  return HEADRACE_OK;
}

/* Where the line ends that ends last before `end`; 0: none does. */
static bool last_end(const struct output *output, off_t end, off_t *out)
{
  char piece[PIECE];
  while (end > 0) {
    size_t size = end < PIECE ? (size_t)end : PIECE;
    ssize_t got = pread(output->fd, piece, size, end - (off_t)size);
    if (got != (ssize_t)size) {
      errno = got < 0 ? errno : EIO;
      return false;
    }
    const char *feed = memrchr(piece, '\n', size);
    if (feed) {
      *out = end - (off_t)size + (feed - piece) + 1;
      return true;
    }
    end -= (off_t)size;
  }
  *out = 0;
  return true;
}

enum headrace_result output_open(struct output *output)
{
  output_close(output);
  enum headrace_result result = output->numbered ? newest(output) : HEADRACE_OK;
  if (result != HEADRACE_OK)
    return result;
  if (output->numbered && !output->number)
    output->number = 1;
  result = open_path(output, 0);
  if (result != HEADRACE_OK)
    return result;
  off_t sound;
  if (!last_end(output, output->size, &sound))
    return fault(output, "read");
  if (sound < output->size)
    output->host->log(output->host, HEADRACE_WARNING,
                      "%s ends in the middle of a line, which is cut off", output->path);
  output->size = sound;
  return cut(output);
}

/* ---- one after the other ------------------------------------------------------------------ */

bool output_is_full(const struct output *output)
{
  int64_t age = output->host->now_us(output->host) - output->opened_us;
  return output->size && ((output->rotate_bytes && output->size >= output->rotate_bytes) ||
                          (output->rotate_us && age >= output->rotate_us));
}

void output_drop_old(const struct output *output)
{
  if (!output->keep || output->number <= (uint64_t)output->keep)
    return;
  int64_t oldest;
  while ((oldest = numbered_next(output->base, 0)) > 0 &&
         (uint64_t)oldest <= output->number - (uint64_t)output->keep) {
    char *path = numbered_path(output->base, (uint64_t)oldest);
    int failed = unlink(path);
    if (failed)
      output->host->log(output->host, HEADRACE_WARNING, "cannot remove %s: %s", path,
                        strerror(errno));
    free(path);
    if (failed)
      return;
  }
}

enum headrace_result output_next(struct output *output)
{
  output_close(output);
  output->number++;
  return open_path(output, O_EXCL);
}

enum headrace_result output_previous(struct output *output, bool *more)
{
  char *before = output->number > 1 ? numbered_path(output->base, output->number - 1) : NULL;
  *more = before && !access(before, F_OK);
  free(before);
  if (!*more)
    return HEADRACE_OK;
  if (unlink(output->path))
    return fault(output, "remove");
  return output_open(output);
}

/* ---- writing -------------------------------------------------------------------------------- */

enum headrace_result output_write(struct output *output, const char *data, size_t size)
{
  for (size_t written = 0; written < size;) {
    ssize_t taken = write(output->fd, data + written, size - written);
    if (taken < 0 && errno == EINTR)
      continue;
    if (taken < 0) {
      enum headrace_result result = fault(output, "write to");
      cut(output);
      return result;
    }
    written += (size_t)taken;
  }
  output->size += (off_t)size;
  return HEADRACE_OK;
}

enum headrace_result output_sync(struct output *output)
{
  /* After a failed fsync nobody knows what is on the disk (fsyncgate): the run begins anew, from
   * what is known to be durable. */
  return fdatasync(output->fd) ? fault(output, "sync") : HEADRACE_OK;
}

/* ---- where it was -----------------------------------------------------------------------------
 */

static bool read_line(const struct output *output, off_t begin, off_t end, char *line, size_t room)
{
  size_t size = (size_t)(end - begin) - 1;
  if (size >= room)
    size = room - 1;
  line[size] = '\0';
  return pread(output->fd, line, size, begin) == (ssize_t)size;
}

enum headrace_result output_cut_behind(struct output *output, const char *beginning, char *line,
                                       size_t room, bool *found)
{
  off_t end = output->size, begin;
  for (*found = false; end > 0 && !*found; end = *found ? end : begin) {
    if (!last_end(output, end - 1, &begin) || !read_line(output, begin, end, line, room))
      return fault(output, "read");
    *found = !strncmp(line, beginning, strlen(beginning));
  }
  if (!*found)
    return HEADRACE_OK;
  if (end < output->size)
    output->host->log(output->host, HEADRACE_INFO,
                      "%s: %jd bytes behind the last position are cut off, they come again",
                      output->path, (intmax_t)(output->size - end));
  output->size = end;
  return cut(output);
}
