/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint.h"

#include "cleanup.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define FORMAT_VERSION 1

bool checkpoint_file_open(struct checkpoint_file *file, const struct logger *logger,
                          const char *directory, const char *pipeline, const char *source)
{
  *file = (struct checkpoint_file){.logger = logger,
                                   .pipeline = pipeline,
                                   .source = source,
                                   .directory = xstrdup(directory),
                                   .path = xasprintf("%s/%s.checkpoint", directory, pipeline),
                                   .lock = -1};
  CLEANUP_FREE char *lock_path = xasprintf("%s/%s.lock", directory, pipeline);
  if (mkdir(directory, 0700) < 0 && errno != EEXIST) {
    log_write(logger, HEADRACE_ERROR, pipeline,
              "cannot make the state directory %s: %s; set state_dir in [headrace] to a folder "
              "that this user may write",
              directory, strerror(errno));
    return false;
  }
  file->lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file->lock < 0) {
    log_write(logger, HEADRACE_ERROR, pipeline,
              "cannot open %s: %s; set state_dir in [headrace] to a folder that this user may "
              "write",
              lock_path, strerror(errno));
    return false;
  }
  if (flock(file->lock, LOCK_EX | LOCK_NB) < 0) {
    log_write(logger, HEADRACE_ERROR, pipeline,
              "another process runs this pipeline (it holds %s); stop it, or give this one "
              "another name or state_dir",
              lock_path);
    return false;
  }
  return true;
}

void checkpoint_file_close(struct checkpoint_file *file)
{
  if (file->lock >= 0)
    close(file->lock);
  free(file->directory);
  free(file->path);
  *file = (struct checkpoint_file){.lock = -1};
}

static bool is_text(const char *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (data[i] < 0x20 || data[i] > 0x7e)
      return false;
  return true;
}

static json_t *hex_text(const char *data, size_t size)
{
  static const char digits[] = "0123456789abcdef";
  CLEANUP_FREE char *text = xmalloc(2 * size);
  for (size_t i = 0; i < size; i++) {
    text[2 * i] = digits[(unsigned char)data[i] >> 4];
    text[2 * i + 1] = digits[data[i] & 15];
  }
  return json_stringn(text, 2 * size);
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, size_t size, struct position *position)
{
  if (size % 2 || size / 2 > sizeof position->data)
    return false;
  for (size_t i = 0; i < size; i += 2) {
    int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0)
      return false;
    position->data[i / 2] = (char)(high * 16 + low);
  }
  position->size = size / 2;
  return true;
}

static bool read_position(const json_t *root, struct position *position)
{
  const json_t *text = json_object_get(root, "position");
  const json_t *hex = json_object_get(root, "position_hex");
  if (json_is_string(hex))
    return read_hex(json_string_value(hex), json_string_length(hex), position);
  if (!json_is_string(text) || json_string_length(text) > sizeof position->data)
    return false;
  position->size = json_string_length(text);
  memcpy(position->data, json_string_value(text), position->size);
  return true;
}

static bool read_parts(json_t *object, struct parts *parts)
{
  const char *name;
  json_t *next;
  json_object_foreach(object, name, next)
  {
    if (!json_is_integer(next) || json_integer_value(next) < 0)
      return false;
    parts_set(parts, name, json_integer_value(next));
  }
  return true;
}

static bool read_frontier(json_t *root, struct position *position, struct parts *parts)
{
  json_t *object = json_object_get(root, "parts");
  if (json_is_object(object))
    return read_parts(object, parts);
  return position->known = read_position(root, position);
}

static bool complain(const struct checkpoint_file *file, const char *fault)
{
  log_write(file->logger, HEADRACE_ERROR, file->pipeline,
            "checkpoint %s: %s; put a good copy back, or remove the file to start from the "
            "source's own memory",
            file->path, fault);
  return false;
}

bool checkpoint_file_load(const struct checkpoint_file *file, struct position *position,
                          struct parts *parts)
{
  *position = (struct position){0};
  if (access(file->path, F_OK) < 0 && errno == ENOENT)
    return true;
  json_error_t error;
  json_t *root = json_load_file(file->path, JSON_REJECT_DUPLICATES, &error);
  if (!root)
    return complain(file, error.text);
  const char *source = json_string_value(json_object_get(root, "source"));
  bool good = false;
  if (json_integer_value(json_object_get(root, "version")) != FORMAT_VERSION)
    complain(file, "it was written by another version of headrace");
  else if (!source || strcmp(source, file->source) != 0)
    complain(file, "it was written for another source plugin");
  else if (!read_frontier(root, position, parts))
    complain(file, "it holds no valid position");
  else
    good = true;
  json_decref(root);
  return good;
}

static json_t *render_parts(const struct parts *parts)
{
  json_t *object = json_object();
  for (size_t i = 0; i < parts->count; i++)
    json_object_set_new(object, parts->items[i].name, json_integer(parts->items[i].next));
  return object;
}

static json_t *render_position(const struct position *position, const char **name)
{
  bool text = is_text(position->data, position->size);
  *name = text ? "position" : "position_hex";
  return text ? json_stringn(position->data, position->size)
              : hex_text(position->data, position->size);
}

static char *render(const struct checkpoint_file *file, const struct position *position,
                    const struct parts *parts)
{
  char now[32];
  time_t seconds = time(NULL);
  struct tm broken_down;
  gmtime_r(&seconds, &broken_down);
  strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &broken_down);
  const char *name = "parts";
  json_t *frontier = parts->count ? render_parts(parts) : render_position(position, &name);
  json_t *root = json_pack("{s:i, s:s, s:s, s:o, s:s}", "version", FORMAT_VERSION, "pipeline",
                           file->pipeline, "source", file->source, name, frontier, "written", now);
  char *rendered = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
  json_decref(root);
  return rendered;
}

static bool write_synced(const char *path, const char *text)
{
  CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return false;
  size_t size = strlen(text);
  for (size_t done = 0; done < size;) {
    ssize_t written = write(fd, text + done, size - done);
    if (written < 0 && errno != EINTR)
      return false;
    done += written > 0 ? (size_t)written : 0;
  }
  return fsync(fd) == 0;
}

static bool sync_directory(const char *path)
{
  CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 && fsync(fd) == 0;
}

bool checkpoint_file_save(const struct checkpoint_file *file, const struct position *position,
                          const struct parts *parts)
{
  CLEANUP_FREE char *temporary = xasprintf("%s.new", file->path);
  CLEANUP_FREE char *text = render(file, position, parts);
  if (text && write_synced(temporary, text) && rename(temporary, file->path) == 0 &&
      sync_directory(file->directory))
    return true;
  log_write(file->logger, HEADRACE_ERROR, file->pipeline,
            "cannot write the checkpoint %s: %s; nothing is acknowledged to the source until "
            "it can",
            file->path, strerror(errno));
  return false;
}
