/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of pgoutput, written byte by byte. */
#ifndef HEADRACE_TEST_PGOUTPUT_BYTES_H
#define HEADRACE_TEST_PGOUTPUT_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

struct bytes {
  char data[4096];
  size_t size;
};

static inline void put(struct bytes *bytes, const void *data, size_t size)
{
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
}

static inline void put_u8(struct bytes *bytes, int value)
{
  char byte = (char)value;
  put(bytes, &byte, 1);
}

static inline void put_u16(struct bytes *bytes, uint16_t value)
{
  value = htobe16(value);
  put(bytes, &value, sizeof value);
}

static inline void put_u32(struct bytes *bytes, uint32_t value)
{
  value = htobe32(value);
  put(bytes, &value, sizeof value);
}

static inline void put_u64(struct bytes *bytes, uint64_t value)
{
  value = htobe64(value);
  put(bytes, &value, sizeof value);
}

static inline void put_text(struct bytes *bytes, const char *text)
{
  put(bytes, text, strlen(text) + 1);
}

static inline struct bytes make_begin(uint64_t final_lsn, uint32_t xid)
{
  struct bytes m = {.size = 0};
  put_u8(&m, 'B');
  put_u64(&m, final_lsn);
  put_u64(&m, 1000000); /* 2000-01-01 00:00:01 */
  put_u32(&m, xid);
  return m;
}

static inline struct bytes make_commit(uint64_t commit_lsn, uint64_t end_lsn)
{
  struct bytes m = {.size = 0};
  put_u8(&m, 'C');
  put_u8(&m, 0);
  put_u64(&m, commit_lsn);
  put_u64(&m, end_lsn);
  put_u64(&m, 1000000);
  return m;
}

/* id int4 (key), name text, price money */
static inline struct bytes make_relation(uint32_t id, char identity)
{
  struct bytes m = {.size = 0};
  put_u8(&m, 'R');
  put_u32(&m, id);
  put_text(&m, "public");
  put_text(&m, "users");
  put_u8(&m, identity);
  put_u16(&m, 3);
  put_u8(&m, identity == 'd' || identity == 'f');
  put_text(&m, "id");
  put_u32(&m, 23);
  put_u32(&m, (uint32_t)-1);
  put_u8(&m, identity == 'f');
  put_text(&m, "name");
  put_u32(&m, 25);
  put_u32(&m, (uint32_t)-1);
  put_u8(&m, identity == 'f');
  put_text(&m, "price");
  put_u32(&m, 790);
  put_u32(&m, (uint32_t)-1);
  return m;
}

/* Each value NULL, "\1" for unchanged, or text. */
static inline void put_tuple(struct bytes *m, char tag, const char *const *values, uint16_t count)
{
  put_u8(m, tag);
  put_u16(m, count);
  for (uint16_t i = 0; i < count; i++) {
    if (!values[i]) {
      put_u8(m, 'n');
    } else if (!strcmp(values[i], "\1")) {
      put_u8(m, 'u');
    } else {
      put_u8(m, 't');
      put_u32(m, (uint32_t)strlen(values[i]));
      put(m, values[i], strlen(values[i]));
    }
  }
}

static inline struct bytes make_row(char kind, uint32_t relation)
{
  struct bytes m = {.size = 0};
  put_u8(&m, kind);
  put_u32(&m, relation);
  return m;
}

static inline struct bytes make_insert(uint32_t relation, const char *id)
{
  struct bytes m = make_row('I', relation);
  const char *values[] = {id, "x", NULL};
  put_tuple(&m, 'N', values, 3);
  return m;
}

static inline struct bytes make_logical(int transactional, uint64_t lsn, const char *prefix,
                                        const char *content)
{
  struct bytes m = {.size = 0};
  put_u8(&m, 'M');
  put_u8(&m, transactional);
  put_u64(&m, lsn);
  put_text(&m, prefix);
  put_u32(&m, (uint32_t)strlen(content));
  put(&m, content, strlen(content));
  return m;
}

/* ---- version 2 --------------------------------------------------------- */

static inline struct bytes make_stream_start(uint32_t xid, int first)
{
  struct bytes m = {.size = 0};
  put_u8(&m, 'S');
  put_u32(&m, xid);
  put_u8(&m, first);
  return m;
}

static inline struct bytes make_stream_stop(void)
{
  return (struct bytes){.data = "E", .size = 1};
}

static inline struct bytes make_stream_abort(uint32_t xid, uint32_t aborted_xid)
{
  struct bytes m = {.size = 0};
  put_u8(&m, 'A');
  put_u32(&m, xid);
  put_u32(&m, aborted_xid);
  return m;
}

static inline struct bytes make_stream_commit(uint32_t xid, uint64_t commit_lsn, uint64_t end_lsn)
{
  struct bytes m = {.size = 0}, commit = make_commit(commit_lsn, end_lsn);
  put_u8(&m, 'c');
  put_u32(&m, xid);
  put(&m, commit.data + 1, commit.size - 1);
  return m;
}

/* A message of version 1 as it is inside of a block. */
static inline struct bytes make_streamed(uint32_t xid, struct bytes message)
{
  struct bytes m = {.size = 0};
  put_u8(&m, message.data[0]);
  put_u32(&m, xid);
  put(&m, message.data + 1, message.size - 1);
  return m;
}

#endif
