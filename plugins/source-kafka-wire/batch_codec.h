/* SPDX-License-Identifier: Apache-2.0
 *
 * The codecs of record batches: gzip (RFC 1952), snappy in the framing of snappy-java or bare,
 * LZ4 frames, zstd. */
#ifndef HEADRACE_KAFKA_BATCH_CODEC_H
#define HEADRACE_KAFKA_BATCH_CODEC_H

#include "record_batch.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

struct batch_codec {
  struct wire_buffer plain; /* what was decompressed, or is to be compressed */
  LZ4F_dctx *lz4;           /* NULL until it is used, as the next two */
  ZSTD_DCtx *zstd;
  ZSTD_CCtx *zstd_out;
  z_stream inflater, deflater;
  bool inflates, deflates; /* they are ready */
};

/* Into codec->plain, at most `limit` bytes. */
enum kafka_error codec_decompress(struct batch_codec *codec, enum batch_compression compression,
                                  struct wire_slice data, size_t limit, const char **why);
/* codec->plain, to the end of `out`. False: the limit of `out`, or the library failed. */
bool codec_compress(struct batch_codec *codec, enum batch_compression compression,
                    struct wire_buffer *out);

#endif
