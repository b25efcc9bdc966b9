/* SPDX-License-Identifier: Apache-2.0 */
#include "ini_file.h"

#include "cleanup.h"
#include "memory.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <string.h>
#include <sys/stat.h>

/* What Debian's libinih (built with its defaults, whatever ini.h says here) takes. */
#define MOST_LINE    198 /* INI_MAX_LINE 200, less the newline and the NUL */
#define MOST_SECTION 49  /* MAX_SECTION 50 */
#define MOST_NAME    49  /* MAX_NAME 50 */

struct reader {
  struct ini *ini;
  struct diagnostics *diagnostics;
  FILE *stream;
  const char *file;
  unsigned line;
  bool continued; /* the line goes on with the value of the one before */
  bool after_key; /* a line before this one in the section had a key */
  char section[MOST_SECTION + 1];
};

static struct ini_entry *add(struct reader *reader, const char *section)
{
  struct ini *ini = reader->ini;
  ini->entries = xrealloc(ini->entries, (ini->count + 1) * sizeof *ini->entries);
  struct ini_entry *entry = &ini->entries[ini->count++];
  *entry = (struct ini_entry){
      .file = xstrdup(reader->file), .line = reader->line, .section = xstrdup(section)};
  return entry;
}

static const char *skip_blank(const char *text)
{
  while (isspace((unsigned char)*text))
    text++;
  return text;
}

static bool fault(struct reader *reader, const char *text)
{
  diagnose(reader->diagnostics, reader->file, reader->line, "%s", text);
  return false;
}

static bool check_section(struct reader *reader, const char *text)
{
  const char *end = strchr(text, ']');
  if (!end)
    return fault(reader, "a section needs its closing ]");
  size_t size = (size_t)(end - text) - 1;
  if (size > MOST_SECTION) {
    diagnose(reader->diagnostics, reader->file, reader->line,
             "the section name has %zu bytes, the most is %d; give the pipeline a shorter name",
             size, MOST_SECTION);
    return false;
  }
  memcpy(reader->section, text + 1, size);
  reader->section[size] = '\0';
  reader->after_key = false;
  add(reader, reader->section);
  return true;
}

static bool check_value(struct reader *reader, const char *value)
{
  for (const char *c = value; *c; c++)
    if (*c == ';' && c > value && isspace((unsigned char)c[-1]))
      return fault(reader,
                   "a value must not hold \" ;\": an INI reader takes the rest for a comment; put "
                   "comments on lines of their own, and such a value into ${VARIABLE}, or with "
                   "KEY_file into a file");
  return true;
}

static bool check_key(struct reader *reader, const char *text)
{
  size_t size = strcspn(text, "=:");
  if (!text[size])
    return fault(reader, "expected KEY = VALUE or [SECTION]");
  const char *value = text + size + 1;
  while (size && isspace((unsigned char)text[size - 1]))
    size--;
  if (!size)
    return fault(reader, "there is no key before the =");
  if (size > MOST_NAME) {
    diagnose(reader->diagnostics, reader->file, reader->line,
             "the key has %zu bytes, the most is %d", size, MOST_NAME);
    return false;
  }
  reader->after_key = true;
  return check_value(reader, value);
}

/* What inih would cut or misread without a word. False: said, or empty; do not hand it over. */
static bool check_line(struct reader *reader, const char *line, size_t size)
{
  const char *text = skip_blank(line);
  reader->continued = false;
  if (strlen(line) != size)
    return fault(reader, "the line holds a NUL byte");
  if (!*text || *text == ';' || *text == '#')
    return false; /* nothing to hand over, however long the comment is */
  if (size > MOST_LINE) {
    diagnose(reader->diagnostics, reader->file, reader->line,
             "the line has %zu bytes, the most is %d; break a long value into lines that begin "
             "with a blank, or use ${VARIABLE}, or for a secret KEY_file",
             size, MOST_LINE);
    if (text == line)
      reader->after_key = strchr(text, '=') != NULL;
    return false;
  }
  if (text > line && reader->after_key) {
    reader->continued = true;
    return check_value(reader, text);
  }
  if (text > line)
    return fault(reader, "a line that begins with a blank goes on with a value, but there is none "
                         "before it");
  return *text == '[' ? check_section(reader, text) : check_key(reader, text);
}

/* Some editors begin a file with it; 0 where there is none. */
static size_t byte_order_mark(const struct reader *reader, const char *line)
{
  static const char mark[] = "\xef\xbb\xbf";
  return reader->line == 1 && !strncmp(line, mark, sizeof mark - 1) ? sizeof mark - 1 : 0;
}

/* inih's fgets: one line at a time, already checked. A refused line becomes an empty one. */
static char *next_line(char *buffer, int capacity, void *context)
{
  struct reader *reader = context;
  CLEANUP_FREE char *line = NULL;
  size_t allocated = 0;
  ssize_t got = getline(&line, &allocated, reader->stream);
  if (got < 0)
    return NULL;
  reader->line++;
  size_t size = (size_t)got;
  while (size && (line[size - 1] == '\n' || line[size - 1] == '\r'))
    line[--size] = '\0';
  size_t skip = byte_order_mark(reader, line);
  bool good = check_line(reader, line + skip, size - skip);
  snprintf(buffer, (size_t)capacity, "%s\n", good ? line + skip : "");
  return buffer;
}

static void extend(struct ini_entry *entry, const char *more)
{
  char *joined = *entry->value ? xasprintf("%s %s", entry->value, more) : xstrdup(more);
  free(entry->value);
  entry->value = joined;
}

static int on_entry(void *context, const char *section, const char *name, const char *value)
{
  struct reader *reader = context;
  if (reader->continued) {
    if (reader->ini->count && reader->ini->entries[reader->ini->count - 1].key)
      extend(&reader->ini->entries[reader->ini->count - 1], value);
    return 1;
  }
  struct ini_entry *entry = add(reader, section);
  entry->key = xstrdup(name);
  entry->value = xstrdup(value ? value : "");
  return 1;
}

void ini_read_stream(struct ini *ini, FILE *stream, const char *name,
                     struct diagnostics *diagnostics)
{
  struct reader reader = {.ini = ini, .diagnostics = diagnostics, .stream = stream, .file = name};
  size_t before = diagnostics->count;
  int fault_line = ini_parse_stream(next_line, &reader, on_entry, &reader);
  if (fault_line > 0 && diagnostics->count == before)
    diagnose(diagnostics, name, (unsigned)fault_line, "expected KEY = VALUE or [SECTION]");
}

static void read_file(struct ini *ini, const char *path, struct diagnostics *diagnostics)
{
  CLEANUP_FILE FILE *stream = fopen(path, "re");
  if (!stream) {
    diagnose(diagnostics, path, 0, "cannot open: %s", strerror(errno));
    return;
  }
  ini_read_stream(ini, stream, path, diagnostics);
}

static int is_ini(const struct dirent *entry)
{
  size_t size = strlen(entry->d_name);
  return entry->d_name[0] != '.' && size > 4 && !strcmp(entry->d_name + size - 4, ".ini");
}

static void read_directory(struct ini *ini, const char *path, struct diagnostics *diagnostics)
{
  struct dirent **names;
  int count = scandir(path, &names, is_ini, alphasort);
  if (count <= 0)
    diagnose(diagnostics, path, 0, "%s",
             count ? strerror(errno) : "there is no *.ini file in this directory");
  for (int i = 0; i < count; i++) {
    CLEANUP_FREE char *file = xasprintf("%s/%s", path, names[i]->d_name);
    read_file(ini, file, diagnostics);
    free(names[i]);
  }
  if (count >= 0)
    free(names);
}

bool ini_read(struct ini *ini, const char *path, struct diagnostics *diagnostics)
{
  *ini = (struct ini){0};
  size_t before = diagnostics->count;
  struct stat status;
  if (stat(path, &status) < 0)
    diagnose(diagnostics, path, 0, "cannot open: %s", strerror(errno));
  else if (S_ISDIR(status.st_mode))
    read_directory(ini, path, diagnostics);
  else
    read_file(ini, path, diagnostics);
  return diagnostics->count == before;
}

void ini_free(struct ini *ini)
{
  for (size_t i = 0; i < ini->count; i++) {
    free(ini->entries[i].file);
    free(ini->entries[i].section);
    free(ini->entries[i].key);
    free(ini->entries[i].value);
  }
  free(ini->entries);
  *ini = (struct ini){0};
}
