/* SPDX-License-Identifier: Apache-2.0 */
#include "batch_codec.h"
#include "wire_bytes.h"

#include <limits.h>
#include <snappy-c.h>
#include <stdlib.h>

#define KEPT_MAX   ((size_t)4 << 20) /* of memory for the next batch */
#define ROOM_MIN   ((size_t)16 << 10)
#define GZIP_WBITS (15 + 16) /* a gzip header, the largest window */

static const char malformed[] = "the records cannot be decompressed";

struct batch_codec *batch_codec_new(void)
{
  struct batch_codec *codec = calloc(1, sizeof *codec);
  if (!codec)
    abort();
  return codec;
}

void batch_codec_free(struct batch_codec *codec)
{
  if (!codec)
    return;
  if (codec->inflates)
    inflateEnd(&codec->inflater);
  if (codec->deflates)
    deflateEnd(&codec->deflater);
  LZ4F_freeDecompressionContext(codec->lz4);
  ZSTD_freeDCtx(codec->zstd);
  ZSTD_freeCCtx(codec->zstd_out);
  free(codec->plain.data);
  free(codec);
}

/* ---- decompressing --------------------------------------------------------- */

/* Free room behind what is there, counted in: codec_used() says how much was used. NULL: none. */
static char *room(struct batch_codec *codec, size_t *size)
{
  struct wire_buffer *plain = &codec->plain;
  size_t left = plain->limit - plain->size;
  *size = plain->capacity - plain->size > ROOM_MIN ? plain->capacity - plain->size : ROOM_MIN;
  if (*size > left)
    *size = left;
  return *size ? wire_buffer_add(plain, *size) : NULL;
}

static void used(struct batch_codec *codec, size_t of, size_t size)
{
  codec->plain.size -= of - size;
}

static bool start_inflater(z_stream *stream, bool *ready)
{
  if (*ready)
    return inflateReset(stream) == Z_OK;
  *ready = inflateInit2(stream, GZIP_WBITS) == Z_OK;
  return *ready;
}

/* Several members, one behind the other, are one text (RFC 1952, 2.2). */
static bool gunzip(struct batch_codec *codec, struct wire_slice data)
{
  z_stream *stream = &codec->inflater;
  if (!start_inflater(stream, &codec->inflates))
    return false;
  /* zlib's type is not const, it does not write. */
  stream->next_in = (Bytef *)(uintptr_t)data.data;
  stream->avail_in = data.size;
  for (;;) {
    size_t size;
    char *out = room(codec, &size);
    if (!out)
      return true; /* the caller sees that it is too much */
    stream->next_out = (Bytef *)out;
    stream->avail_out = size > UINT_MAX ? UINT_MAX : (uInt)size;
    uInt given = stream->avail_out;
    int result = inflate(stream, Z_NO_FLUSH);
    used(codec, size, given - stream->avail_out);
    if (result == Z_STREAM_END && !stream->avail_in)
      return true;
    if (result == Z_STREAM_END)
      result = inflateReset(stream);
    if (result != Z_OK)
      return false;
  }
}

static bool unsnap(struct batch_codec *codec, const char *data, size_t size)
{
  size_t length;
  if (snappy_uncompressed_length(data, size, &length) != SNAPPY_OK)
    return false;
  /* Each byte of snappy makes at most 64 bytes of copy out of three. */
  if (length / 64 > size)
    return false;
  char *out = wire_buffer_add(&codec->plain, length);
  return !out || snappy_uncompress(data, size, out, &length) == SNAPPY_OK;
}

/* snappy-java: this, two versions of four bytes, and blocks behind their lengths of four. */
static const char java_magic[8] = {'\x82', 'S', 'N', 'A', 'P', 'P', 'Y', 0};
#define JAVA_HEADER 16
#define JAVA_BLOCK  ((size_t)32 << 10)

static bool has_java_magic(const char *at, const char *end)
{
  return end - at >= JAVA_HEADER && !memcmp(at, java_magic, sizeof java_magic);
}

static bool unsnap_blocks(struct batch_codec *codec, const char *at, const char *end)
{
  while (at < end && !codec->plain.overflow) {
    if (has_java_magic(at, end)) { /* streams, one behind the other */
      at += JAVA_HEADER;
      continue;
    }
    if (end - at < 4)
      return false;
    size_t size = load32(at);
    at += 4;
    if (size > (size_t)(end - at) || !unsnap(codec, at, size))
      return false;
    at += size;
  }
  return true;
}

static bool unsnappy(struct batch_codec *codec, struct wire_slice data)
{
  const char *end = data.data + data.size;
  return has_java_magic(data.data, end) ? unsnap_blocks(codec, data.data, end)
                                        : unsnap(codec, data.data, data.size);
}

static bool unlz4(struct batch_codec *codec, struct wire_slice data)
{
  const char *at = data.data, *end = at + data.size;
  if (!codec->lz4 && LZ4F_isError(LZ4F_createDecompressionContext(&codec->lz4, LZ4F_VERSION)))
    return false;
  LZ4F_resetDecompressionContext(codec->lz4);
  for (;;) {
    size_t size, given = (size_t)(end - at);
    char *out = room(codec, &size);
    if (!out)
      return true;
    size_t produced = size;
    size_t result = LZ4F_decompress(codec->lz4, out, &produced, at, &given, NULL);
    if (LZ4F_isError(result))
      produced = 0;
    used(codec, size, produced);
    if (LZ4F_isError(result) || (result && !produced && !given))
      return false;
    at += given;
    if (!result && at == end)
      return true;
  }
}

static bool unzstd(struct batch_codec *codec, struct wire_slice data)
{
  ZSTD_inBuffer in = {data.data, data.size, 0};
  if (!codec->zstd && !(codec->zstd = ZSTD_createDCtx()))
    return false;
  ZSTD_DCtx_reset(codec->zstd, ZSTD_reset_session_only);
  for (;;) {
    size_t size, before = in.pos;
    char *place = room(codec, &size);
    if (!place)
      return true;
    ZSTD_outBuffer out = {place, size, 0};
    size_t result = ZSTD_decompressStream(codec->zstd, &out, &in);
    used(codec, size, out.pos);
    if (ZSTD_isError(result) || (result && !out.pos && in.pos == before))
      return false;
    if (!result && in.pos == in.size)
      return true;
  }
}

static bool (*const decompressors[])(struct batch_codec *, struct wire_slice) = {
    [BATCH_GZIP] = gunzip, [BATCH_SNAPPY] = unsnappy, [BATCH_LZ4] = unlz4, [BATCH_ZSTD] = unzstd};

/* The buffer may take one byte more than the limit: that is how too much is told from enough. */
static void empty(struct batch_codec *codec, size_t limit)
{
  if (codec->plain.capacity > KEPT_MAX) {
    free(codec->plain.data);
    codec->plain = (struct wire_buffer){0};
  }
  codec->plain.size = 0;
  codec->plain.overflow = false;
  codec->plain.limit = limit < SIZE_MAX ? limit + 1 : limit;
}

enum kafka_error codec_decompress(struct batch_codec *codec, enum batch_compression compression,
                                  struct wire_slice data, size_t limit, const char **why)
{
  empty(codec, limit);
  bool good = data.size && decompressors[compression](codec, data);
  if (codec->plain.overflow || codec->plain.size > limit) {
    *why = "the records are too large when decompressed";
    return KAFKA_MESSAGE_TOO_LARGE;
  }
  *why = good ? NULL : malformed;
  return good ? KAFKA_NONE : KAFKA_INVALID_RECORD;
}

/* ---- compressing ----------------------------------------------------------- */

/* `place` is at the end of `out`, `bound` long, of which `size` were used. */
static bool keep(struct wire_buffer *out, size_t bound, size_t size)
{
  out->size -= bound - size;
  return true;
}

static bool gzip(struct batch_codec *codec, struct wire_buffer *out)
{
  z_stream *stream = &codec->deflater;
  if (codec->deflates)
    deflateReset(stream);
  else
    codec->deflates = deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WBITS, 8,
                                   Z_DEFAULT_STRATEGY) == Z_OK;
  size_t bound = deflateBound(stream, codec->plain.size);
  char *place = codec->deflates && bound < UINT_MAX ? wire_buffer_add(out, bound) : NULL;
  if (!place)
    return false;
  stream->next_in = (Bytef *)codec->plain.data;
  stream->avail_in = (uInt)codec->plain.size;
  stream->next_out = (Bytef *)place;
  stream->avail_out = (uInt)bound;
  return deflate(stream, Z_FINISH) == Z_STREAM_END && keep(out, bound, bound - stream->avail_out);
}

static bool snap(const char *data, size_t size, struct wire_buffer *out)
{
  size_t bound = snappy_max_compressed_length(size), length = bound;
  char *place = wire_buffer_add(out, 4 + bound);
  if (!place || snappy_compress(data, size, place + 4, &length) != SNAPPY_OK)
    return false;
  store32(place, (uint32_t)length);
  return keep(out, bound, length);
}

static bool snappy(struct batch_codec *codec, struct wire_buffer *out)
{
  static const char versions[8] = {0, 0, 0, 1, 0, 0, 0, 1};
  size_t left = codec->plain.size;
  wire_buffer_put(out, java_magic, sizeof java_magic);
  wire_buffer_put(out, versions, sizeof versions);
  for (const char *at = codec->plain.data; left;) {
    size_t size = left < JAVA_BLOCK ? left : JAVA_BLOCK;
    if (!snap(at, size, out))
      return false;
    at += size;
    left -= size;
  }
  return !out->overflow;
}

/* As Kafka writes it: its reader takes no blocks that depend on others. */
static bool lz4(struct batch_codec *codec, struct wire_buffer *out)
{
  static const LZ4F_preferences_t preferences = {
      .frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent}};
  size_t bound = LZ4F_compressFrameBound(codec->plain.size, &preferences);
  char *place = wire_buffer_add(out, bound);
  if (!place)
    return false;
  size_t size =
      LZ4F_compressFrame(place, bound, codec->plain.data, codec->plain.size, &preferences);
  return !LZ4F_isError(size) && keep(out, bound, size);
}

static bool zstd(struct batch_codec *codec, struct wire_buffer *out)
{
  if (!codec->zstd_out && !(codec->zstd_out = ZSTD_createCCtx()))
    return false;
  size_t bound = ZSTD_compressBound(codec->plain.size);
  char *place = wire_buffer_add(out, bound);
  if (!place)
    return false;
  size_t size = ZSTD_compressCCtx(codec->zstd_out, place, bound, codec->plain.data,
                                  codec->plain.size, ZSTD_CLEVEL_DEFAULT);
  return !ZSTD_isError(size) && keep(out, bound, size);
}

static bool (*const compressors[])(struct batch_codec *, struct wire_buffer *) = {
    [BATCH_GZIP] = gzip, [BATCH_SNAPPY] = snappy, [BATCH_LZ4] = lz4, [BATCH_ZSTD] = zstd};

bool codec_compress(struct batch_codec *codec, enum batch_compression compression,
                    struct wire_buffer *out)
{
  return compressors[compression](codec, out);
}
