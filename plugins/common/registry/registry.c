/* SPDX-License-Identifier: Apache-2.0 */
#include "registry_parts.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define REFERENCES_MAX 256 /* of one schema, those of its references included */
#define DEPTH_MAX      16  /* of references of references */
#define FIRST_PAUSE    100 /* milliseconds between two questions while nobody answers … */
#define LONGEST_PAUSE  1000
#define STEP           100  /* … in which a stop is looked for */
#define REFUSAL_AGE    5000 /* … and for how long a refusal is taken for the answer */

struct latest {
  char *subject; /* owned */
  const struct registry_schema *schema;
  UT_hash_handle hh;
};

/* What was refused last, since each row of a table asks for the same. */
struct refusal {
  char *question; /* owned; NULL: none */
  int64_t until_us;
  struct registry_fault fault;
};

struct registry {
  const struct headrace_host *host;
  struct http *http;
  struct cache *cache;
  struct latest *latest;
  struct refusal refusal;
  bool away; /* said that it does not answer */
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

static char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *print(const char *format, ...)
{
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  int size = vasprintf(&text, format, arguments);
  va_end(arguments);
  return must(size < 0 ? NULL : text);
}

struct registry *registry_open(const struct headrace_host *host)
{
  struct http *http = http_open(host);
  if (!http)
    return NULL;
  struct registry *registry = must(calloc(1, sizeof *registry));
  registry->host = host;
  registry->http = http;
  registry->cache = cache_open(host, http_name(http));
  return registry;
}

void registry_close(struct registry *registry)
{
  if (!registry)
    return;
  struct latest *entry, *next;
  HASH_ITER(hh, registry->latest, entry, next)
  {
    HASH_DEL(registry->latest, entry);
    free(entry->subject);
    free(entry);
  }
  free(registry->refusal.question);
  cache_close(registry->cache);
  http_close(registry->http);
  free(registry);
}

/* ---- asking -------------------------------------------------------------- */

/* One question with its answer. */
struct question {
  struct registry *registry;
  struct registry_fault *fault;
  char *path, *body; /* owned; no body: GET */
  struct http_answer answer;
};

static void question_clear(struct question *question)
{
  json_decref(question->answer.body);
  free(question->path);
  free(question->body);
}

static void say_away(struct registry *registry, const struct http_answer *answer)
{
  if (!registry->away)
    registry->host->log(registry->host, HEADRACE_WARNING,
                        "schema registry %s does not answer: %s; waiting for it", answer->base,
                        answer->error);
  registry->away = true;
  registry->host->counter(registry->host, "registry_failures", 1);
}

static void say_back(struct registry *registry, const struct http_answer *answer)
{
  if (registry->away)
    registry->host->log(registry->host, HEADRACE_INFO, "schema registry %s answers again",
                        answer->base);
  registry->away = false;
}

/* False: no answer. */
static bool ask_once(struct question *question)
{
  struct registry *registry = question->registry;
  json_decref(question->answer.body);
  http_ask(registry->http, question->path, question->body, &question->answer);
  registry->host->counter(registry->host, "registry_requests", 1);
  if (question->answer.status)
    say_back(registry, &question->answer);
  else
    say_away(registry, &question->answer);
  return question->answer.status != 0;
}

/* False: the pipeline stops. Its wake_fd tells of other things, too, and nobody here may read it.
 */
static bool rest(const struct headrace_host *host, int64_t pause_ms)
{
  for (; pause_ms > 0 && !host->stopping(host); pause_ms -= STEP)
    poll(NULL, 0, pause_ms < STEP ? (int)pause_ms : STEP);
  return !host->stopping(host);
}

static bool ask_and_wait(struct question *question)
{
  const struct headrace_host *host = question->registry->host;
  int64_t end_us = host->now_us(host) + 1000 * host->integer(host, "registry_wait");
  int pause = FIRST_PAUSE;
  while (!ask_once(question)) {
    int64_t left_ms = (end_us - host->now_us(host)) / 1000;
    if (left_ms <= 0 || !rest(host, pause < left_ms ? pause : left_ms))
      return false;
    pause = 2 * pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE;
  }
  return true;
}

static const char *message_of(const struct http_answer *answer)
{
  const char *message = json_string_value(json_object_get(answer->body, "message"));
  return message && *message ? message : "no message";
}

static enum registry_answer denied(const struct question *question)
{
  const struct headrace_host *host = question->registry->host;
  host->log(host, HEADRACE_ERROR,
            "schema registry %s answers with HTTP status %ld (%.200s): set registry_user and "
            "registry_password, or registry_cert and registry_key, to somebody who may read%s",
            question->answer.base, question->answer.status, message_of(&question->answer),
            host->integer(host, "register") ? " and register schemas" : " schemas");
  return REGISTRY_DENIED;
}

static enum registry_answer too_large(const struct question *question)
{
  struct registry_fault *fault = question->fault;
  fault->error_class = "schema-too-large";
  snprintf(fault->reason, sizeof fault->reason,
           "%.180s: the schema registry's answer is larger than the %u MiB that headrace takes; "
           "make a smaller schema of it",
           question->path, ANSWER_MAX >> 20);
  return REGISTRY_REFUSED;
}

/* Something else than a registry, or another interface of it. */
static enum registry_answer strange(const struct question *question)
{
  const struct headrace_host *host = question->registry->host;
  if (question->answer.too_large)
    return too_large(question);
  host->log(host, HEADRACE_ERROR,
            "%s does not answer as a schema registry does (HTTP status %ld for %.200s): set "
            "registry to the URL of its Confluent interface (of Apicurio: …/apis/ccompat/v7)",
            question->answer.base, question->answer.status, question->path);
  return REGISTRY_DENIED;
}

/* A registry's errors have a number of their own: 40403 for a schema that is not there. */
static bool is_registrys(const struct http_answer *answer)
{
  json_int_t code = json_integer_value(json_object_get(answer->body, "error_code"));
  return answer->status == 404 ? code > 40400 : code > 0;
}

/* A refusal that has no words of its own. */
static enum registry_answer refused(const struct question *question, const char *error_class,
                                    const char *what, const char *advice)
{
  struct registry_fault *fault = question->fault;
  fault->error_class = error_class;
  snprintf(fault->reason, sizeof fault->reason,
           "%.180s: the schema registry answers with HTTP status %ld: %.300s; %s", what,
           question->answer.status, message_of(&question->answer), advice);
  return REGISTRY_REFUSED;
}

/* ---- refusals: nobody asks the same again for a while ------------------- */

static void remember_refusal(struct registry *registry, char *question,
                             const struct registry_fault *fault)
{
  struct refusal *refusal = &registry->refusal;
  free(refusal->question);
  refusal->question = question;
  refusal->until_us = registry->host->now_us(registry->host) + 1000 * REFUSAL_AGE;
  refusal->fault = *fault;
}

static bool was_refused(const struct registry *registry, const char *subject, const char *text)
{
  const struct refusal *refusal = &registry->refusal;
  size_t size = strlen(subject);
  return refusal->question && registry->host->now_us(registry->host) < refusal->until_us &&
         !strncmp(refusal->question, subject, size) && refusal->question[size] == '\n' &&
         !strcmp(refusal->question + size + 1, text);
}

/* ---- schemas by id ------------------------------------------------------- */

struct texts {
  char *items[REFERENCES_MAX];
  char *names[REFERENCES_MAX]; /* subject/version: what was taken already */
  size_t count;
};

static void texts_free(struct texts *texts)
{
  for (size_t i = 0; i < texts->count; i++) {
    free(texts->items[i]);
    free(texts->names[i]);
  }
}

static enum registry_answer read_references(struct question *parent, struct texts *texts,
                                            int depth);

static bool is_taken(const struct texts *texts, const char *name)
{
  for (size_t i = 0; i < texts->count; i++)
    if (!strcmp(texts->names[i], name))
      return true;
  return false;
}

static enum registry_answer malformed(const struct question *question)
{
  if (question->answer.too_large)
    return too_large(question);
  return refused(question, "unknown-schema", question->path,
                 "that is no schema, or one whose references cannot be followed");
}

static enum registry_answer read_reference(struct question *parent, const json_t *reference,
                                           struct texts *texts, int depth)
{
  const char *subject = json_string_value(json_object_get(reference, "subject"));
  json_int_t version = json_integer_value(json_object_get(reference, "version"));
  if (!subject || version <= 0 || depth == DEPTH_MAX || texts->count == REFERENCES_MAX)
    return malformed(parent);
  struct question question = {.registry = parent->registry, .fault = parent->fault};
  char *escaped = http_escape(parent->registry->http, subject);
  question.path = print("/subjects/%s/versions/%lld", escaped, (long long)version);
  free(escaped);
  enum registry_answer result = REGISTRY_OK;
  if (!is_taken(texts, question.path)) {
    const char *text = NULL;
    if (!ask_and_wait(&question))
      result = REGISTRY_AWAY;
    else if (question.answer.status == 401 || question.answer.status == 403)
      result = denied(&question);
    else if (!(text = json_string_value(json_object_get(question.answer.body, "schema"))))
      result = malformed(&question);
    else
      result = read_references(&question, texts, depth + 1);
    if (result == REGISTRY_OK && texts->count == REFERENCES_MAX)
      result = malformed(&question);
    if (result == REGISTRY_OK) {
      texts->names[texts->count] = must(strdup(question.path));
      texts->items[texts->count++] = must(strdup(text));
    }
  }
  question_clear(&question);
  return result;
}

/* Those of the answer, each after its own. */
static enum registry_answer read_references(struct question *parent, struct texts *texts, int depth)
{
  const json_t *list = json_object_get(parent->answer.body, "references");
  enum registry_answer result = REGISTRY_OK;
  for (size_t i = 0; i < json_array_size(list) && result == REGISTRY_OK; i++)
    result = read_reference(parent, json_array_get(list, i), texts, depth);
  return result;
}

static enum registry_answer keep_schema(struct question *question, int32_t id,
                                        const struct registry_schema **schema)
{
  const char *text = json_string_value(json_object_get(question->answer.body, "schema"));
  if (!text)
    return strange(question);
  struct texts texts = {.count = 0};
  enum registry_answer result = read_references(question, &texts, 0);
  if (result == REGISTRY_OK) {
    char **references = must(calloc(texts.count + 1, sizeof *references));
    for (size_t i = 0; i < texts.count; i++)
      references[i] = must(strdup(texts.items[i]));
    *schema = cache_add(question->registry->cache, id, must(strdup(text)), references, texts.count);
  }
  texts_free(&texts);
  return result;
}

/* An answer that is no schema. */
static enum registry_answer no_schema(const struct question *question, const char *what)
{
  long status = question->answer.status;
  if (status == 401 || status == 403)
    return denied(question);
  if (!is_registrys(&question->answer))
    return strange(question);
  return refused(question, "unknown-schema", what,
                 "is it the registry that the record's writer used?");
}

enum registry_answer registry_by_id(struct registry *registry, int32_t id,
                                    const struct registry_schema **schema,
                                    struct registry_fault *fault)
{
  if ((*schema = cache_schema(registry->cache, id)))
    return REGISTRY_OK;
  char what[64], digits[16];
  snprintf(digits, sizeof digits, "%d", id);
  if (was_refused(registry, "id", digits)) {
    *fault = registry->refusal.fault;
    return REGISTRY_REFUSED;
  }
  struct question question = {.registry = registry, .fault = fault};
  question.path = print("/schemas/ids/%d", id);
  enum registry_answer result = REGISTRY_AWAY;
  snprintf(what, sizeof what, "the schema with id %d", id);
  if (ask_and_wait(&question))
    result = question.answer.status == 200 ? keep_schema(&question, id, schema)
                                           : no_schema(&question, what);
  question_clear(&question);
  if (result == REGISTRY_REFUSED)
    remember_refusal(registry, print("id\n%d", id), fault);
  return result;
}

/* ---- the newest version -------------------------------------------------- */

static enum registry_answer keep_latest(struct question *question, const char *subject,
                                        const struct registry_schema **schema)
{
  json_int_t id = json_integer_value(json_object_get(question->answer.body, "id"));
  if (id <= 0 || id > INT32_MAX)
    return strange(question);
  *schema = cache_schema(question->registry->cache, (int32_t)id);
  enum registry_answer result = *schema ? REGISTRY_OK : keep_schema(question, (int32_t)id, schema);
  if (result != REGISTRY_OK)
    return result;
  struct latest *entry;
  HASH_FIND_STR(question->registry->latest, subject, entry);
  if (!entry) {
    entry = must(calloc(1, sizeof *entry));
    entry->subject = must(strdup(subject));
    HASH_ADD_KEYPTR(hh, question->registry->latest, entry->subject, strlen(entry->subject), entry);
  }
  entry->schema = *schema;
  return REGISTRY_OK;
}

enum registry_answer registry_latest(struct registry *registry, const char *subject,
                                     const struct registry_schema **schema,
                                     struct registry_fault *fault)
{
  struct latest *known;
  HASH_FIND_STR(registry->latest, subject, known);
  struct question question = {.registry = registry, .fault = fault};
  char *escaped = http_escape(registry->http, subject);
  question.path = print("/subjects/%s/versions/latest", escaped);
  free(escaped);
  enum registry_answer result = REGISTRY_AWAY;
  if (known ? ask_once(&question) : ask_and_wait(&question)) {
    result = question.answer.status == 200 ? keep_latest(&question, subject, schema)
                                           : no_schema(&question, subject);
  } else if (known) {
    *schema = known->schema;
    result = REGISTRY_OK;
  }
  question_clear(&question);
  return result;
}

/* ---- registering --------------------------------------------------------- */

static enum registry_answer not_registered(const struct question *question, const char *subject)
{
  char what[200];
  long status = question->answer.status;
  snprintf(what, sizeof what, "subject \"%.150s\"", subject);
  if (status != 401 && status != 403 && !is_registrys(&question->answer))
    return strange(question);
  switch (status) {
  case 401:
  case 403:
    return denied(question);
  case 404:
    return refused(question, "unknown-schema", what,
                   "register the schema there, or set register = yes");
  case 409:
    return refused(question, "incompatible-schema", what,
                   "the new schema is not compatible with the subject's: lower the subject's "
                   "compatibility (PUT /config/SUBJECT), or change the table in a compatible way");
  default:
    return refused(question, "invalid-schema", what, "the registry does not take the schema");
  }
}

static enum registry_answer take_id(struct question *question, const char *subject,
                                    const char *text, int32_t *id)
{
  json_int_t number = json_integer_value(json_object_get(question->answer.body, "id"));
  if (question->answer.status != 200 || number <= 0 || number > INT32_MAX)
    return not_registered(question, subject);
  *id = (int32_t)number;
  cache_add_id(question->registry->cache, subject, text, *id);
  return REGISTRY_OK;
}

static char *body_of(const char *type, const char *text)
{
  json_t *object = json_pack("{s:s}", "schema", text);
  if (strcmp(type, "AVRO") != 0) /* which old registries do not know the word for */
    json_object_set_new(object, "schemaType", json_string(type));
  char *body = must(json_dumps(object, JSON_COMPACT));
  json_decref(object);
  return body;
}

enum registry_answer registry_id_of(struct registry *registry, const char *subject,
                                    const char *type, const char *text, int32_t *id,
                                    struct registry_fault *fault)
{
  if ((*id = cache_id(registry->cache, subject, text, true)))
    return REGISTRY_OK;
  if (was_refused(registry, subject, text)) {
    *fault = registry->refusal.fault;
    return REGISTRY_REFUSED;
  }
  const struct headrace_host *host = registry->host;
  struct question question = {.registry = registry, .fault = fault};
  char *escaped = http_escape(registry->http, subject);
  question.path =
      print("/subjects/%s%s", escaped, host->integer(host, "register") ? "/versions" : "");
  free(escaped);
  question.body = body_of(type, text);
  enum registry_answer result = REGISTRY_AWAY;
  int32_t kept = cache_id(registry->cache, subject, text, false);
  if (kept ? ask_once(&question) : ask_and_wait(&question))
    result = take_id(&question, subject, text, id);
  else if (kept) {
    *id = kept;
    result = REGISTRY_OK;
  }
  question_clear(&question);
  if (result == REGISTRY_REFUSED)
    remember_refusal(registry, print("%s\n%s", subject, text), fault);
  return result;
}
