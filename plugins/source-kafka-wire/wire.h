/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka's protocol as C structs: one struct a message, with the fields of all versions, read and
 * written by one interpreter from tables. The structs and tables (messages*.[ch]) are made from
 * the schemas in Kafka's own jar, which say what a field is for:
 *
 *   make_messages.py ~/.cache/headrace/kafka-clients-4.4.0/kafka-clients-4.4.0.jar
 *
 * For authors of handlers:
 *
 *   wire_read_request(&arena, frame, size, &request)    a frame without its length
 *   const struct metadata_request *asked = request.body;
 *   struct metadata_response *answer = WIRE_NEW(&arena, metadata_response);
 *   WIRE_ITEMS(&arena, answer->topics, asked->topics.count, metadata_response_topic);
 *   answer->topics.items[0].name = asked->topics.items[0].name;
 *   wire_write_response(&buffer, &request, answer)      length, header, body
 *
 * - Strings, bytes and records are slices of the frame, which has to outlive the request.
 * - A field that the version does not have has its default, both when read and by WIRE_NEW.
 * - null is: a slice without data, an array whose count is -1, a struct pointer that is NULL.
 *   Zeroed memory is the empty array; a null slice where null is not allowed is written empty.
 * - An arena belongs to one thread at a time; the tables are constant.
 *
 * Sources: https://kafka.apache.org/protocol; KIP-482 for flexible versions and tagged fields. */
#ifndef HEADRACE_KAFKA_WIRE_H
#define HEADRACE_KAFKA_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- values ---------------------------------------------------------------- */

/* Somebody else's bytes, mostly the frame's. Not zero-terminated. */
struct wire_slice {
  const char *data; /* NULL: null */
  uint32_t size;
};

struct wire_uuid {
  uint8_t bytes[16];
};

struct wire_array {
  void *items;
  int32_t count; /* -1: null */
};

/* The arrays of the structs are shaped as struct wire_array is, with items of their type. */
struct wire_int8_array {
  int8_t *items;
  int32_t count;
};
struct wire_int32_array {
  int32_t *items;
  int32_t count;
};
struct wire_int64_array {
  int64_t *items;
  int32_t count;
};
struct wire_slice_array {
  struct wire_slice *items;
  int32_t count;
};
struct wire_uuid_array {
  struct wire_uuid *items;
  int32_t count;
};

/* Of text that outlives the slice. */
static inline struct wire_slice wire_text(const char *text)
{
  return (struct wire_slice){text, text ? (uint32_t)strlen(text) : 0};
}

static inline bool wire_equal(struct wire_slice a, struct wire_slice b)
{
  return !a.data == !b.data && a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

static inline bool wire_is(struct wire_slice slice, const char *text)
{
  return wire_equal(slice, wire_text(text));
}

static inline bool wire_uuid_is_zero(const struct wire_uuid *uuid)
{
  static const struct wire_uuid zero;
  return !memcmp(uuid, &zero, sizeof zero);
}

/* ---- memory ---------------------------------------------------------------- */

/* Memory of one request and its answer, given back in one go. Zeroed is ready for use. */
struct wire_arena {
  struct wire_chunk *chunks;
  size_t used; /* bytes that were asked for since the last reset */
  size_t
      limit; /* reading a message fails rather than go beyond; 0: none. Else it is not looked at */
};

void *wire_alloc(struct wire_arena *arena,
                 size_t size); /* zeroed; aborts when there is no memory */
struct wire_slice wire_copy(struct wire_arena *arena, struct wire_slice slice);
char *wire_string(struct wire_arena *arena,
                  struct wire_slice slice); /* zero-terminated, not null */
char *wire_format(struct wire_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void wire_arena_reset(struct wire_arena *arena); /* keeps memory for the next */
void wire_arena_free(struct wire_arena *arena);

/* What is to be sent. Zeroed, with a limit, is ready for use; free(data) ends it. */
struct wire_buffer {
  char *data;
  size_t size, capacity;
  size_t limit;  /* of size */
  bool overflow; /* something did not fit and was left out; stays */
};

/* Room for `size` bytes at the end, already counted in; NULL: the limit. */
char *wire_buffer_add(struct wire_buffer *buffer, size_t size);
void wire_buffer_put(struct wire_buffer *buffer, const void *data, size_t size);

/* ---- the tables -------------------------------------------------------------- */

enum wire_type {
  WIRE_BOOL,
  WIRE_INT8,
  WIRE_INT16,
  WIRE_UINT16,
  WIRE_INT32,
  WIRE_UINT32,
  WIRE_INT64,
  WIRE_FLOAT64,
  WIRE_UUID,
  WIRE_STRING,
  WIRE_BYTES, /* records too */
  WIRE_STRUCT
};

#define WIRE_LATEST INT16_MAX

struct wire_versions {
  int16_t from, to; /* both in; from > to: none */
};

struct wire_field {
  const char *name;                 /* as the schema has it */
  const struct wire_layout *layout; /* of a struct */
  int64_t initial;                  /* of numbers */
  uint16_t offset;
  uint8_t type; /* enum wire_type, of the elements if it is an array */
  bool array;
  bool initially_null;
  bool ignorable;     /* left out of versions that lack it, whatever its value */
  bool never_compact; /* a string of the old form even in flexible versions */
  bool pointer;       /* a struct that can be null */
  int16_t tag;        /* in the versions in which it is tagged */
  struct wire_versions versions, nullable, tagged;
};

/* A struct, and how it is on the wire. */
struct wire_layout {
  const char *name;
  const struct wire_field *fields;
  uint16_t count;
  uint16_t size;
  int16_t flexible; /* the first version with compact lengths and tags */
};

#include "messages.h"

/* What is served of an API key. */
struct wire_api {
  int16_t key; /* enum wire_key */
  const char *name;
  struct wire_versions versions;   /* served */
  struct wire_versions advertised; /* in ApiVersions */
  int16_t flexible;                /* the first such version */
  const struct wire_layout *request, *response;
};

extern const struct wire_api wire_apis[]; /* by key */
extern const size_t wire_api_count;
const struct wire_api *wire_api_of(int16_t key); /* NULL: not served */

/* ---- making structs ---------------------------------------------------------- */

/* One or some, with defaults; items: NULL if count is 0. */
void *wire_new(struct wire_arena *arena, const struct wire_layout *layout, size_t count);
void wire_init(const struct wire_layout *layout, void *value);

#define WIRE_NEW(arena, name) ((struct name *)wire_new((arena), &name##_layout, 1))

/* The array's items, each with defaults, and its count. */
#define WIRE_ITEMS(arena, array, number, name)                                                     \
  ((array).items = (struct name *)wire_new((arena), &name##_layout, (size_t)(number)),             \
   (array).count = (int32_t)(number))

/* ---- requests and answers ---------------------------------------------------- */

enum wire_result {
  WIRE_OK,
  WIRE_TRUNCATED,           /* the frame ends inside a field */
  WIRE_TRAILING,            /* there is something behind the message */
  WIRE_BAD_LENGTH,          /* a length that cannot be, null where it is not allowed */
  WIRE_BAD_TAG,             /* a tagged field of another size than it says */
  WIRE_UNKNOWN_KEY,         /* not an API that is served */
  WIRE_UNSUPPORTED_VERSION, /* outside the range that is served */
  WIRE_TOO_LARGE,           /* beyond the limit of the arena or the buffer */
  WIRE_NOT_IN_VERSION       /* a value for a field that the version does not have */
};
const char *wire_result_text(enum wire_result result);

struct wire_request {
  const struct wire_api *api; /* NULL: unknown key */
  int16_t key, version;
  int32_t correlation_id;
  struct wire_slice client_id; /* may be null */
  void *body;                  /* a struct as api->request says; NULL unless WIRE_OK */
  size_t fault_at;             /* if it is not WIRE_OK: the byte of the frame */
  const char *fault_field;     /* and the field, or NULL */
};

/* Reads a frame, without its length. Key, version and correlation id are set whatever comes back
 * but WIRE_TRUNCATED with api NULL. After WIRE_UNSUPPORTED_VERSION of an ApiVersions request there
 * is an answer to give (wire_refuse_api_versions); after every other error the connection is to
 * be closed, as Kafka does. */
enum wire_result wire_read_request(struct wire_arena *arena, const char *frame, size_t size,
                                   struct wire_request *request);

/* Adds the answer to the buffer: length, header, body. On an error nothing was added:
 * WIRE_TOO_LARGE, or a mistake of the handler's (request->fault_field): WIRE_NOT_IN_VERSION,
 * WIRE_BAD_LENGTH. */
enum wire_result wire_write_response(struct wire_buffer *buffer, struct wire_request *request,
                                     const void *response);

/* Adds what a client gets that asks for ApiVersions in a version that we do not have: version 0,
 * UNSUPPORTED_VERSION, and the range of ApiVersions itself, so that it can ask again. */
enum wire_result wire_refuse_api_versions(struct wire_buffer *buffer,
                                          const struct wire_request *request);

/* The keys and ranges of an ApiVersions answer: those that `served` says (NULL: all), which asks
 * the table that requests are dispatched by, so that nothing is advertised and not served. */
void wire_advertise(struct wire_arena *arena, struct api_versions_response *response,
                    bool (*served)(int16_t key));

/* ---- any message ------------------------------------------------------------- */

struct wire_fault {
  size_t at;         /* the byte */
  const char *field; /* NULL: none */
};

/* Reads all of `data` into `value`, which is a struct as the layout says; fault may be NULL. */
enum wire_result wire_decode(struct wire_arena *arena, const struct wire_layout *layout,
                             int16_t version, const char *data, size_t size, void *value,
                             struct wire_fault *fault);
enum wire_result wire_encode(struct wire_buffer *buffer, const struct wire_layout *layout,
                             int16_t version, const void *value, struct wire_fault *fault);

#endif
