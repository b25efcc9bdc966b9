/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry client's parts: http asks, cache keeps. */
#ifndef HEADRACE_REGISTRY_PARTS_H
#define HEADRACE_REGISTRY_PARTS_H

#include "registry.h"

#include <jansson.h>

#pragma GCC poison json_integer /* json_text.h has another one, which the linker may take */

/* ---- http.c -------------------------------------------------------------- */

struct http;

#define ANSWER_MAX (16u << 20) /* bytes */

struct http_answer {
  long status;      /* 0: none; then `error` says why */
  json_t *body;     /* owned by the asker; NULL: it was no JSON */
  char error[256];  /* without secrets */
  bool too_large;   /* it was more than ANSWER_MAX bytes, and is not taken; status is set */
  const char *base; /* the URL that answered, or was asked last, without user and password */
};

struct http *http_open(const struct headrace_host *host); /* NULL: said by log() */
void http_close(struct http *http);                       /* NULL: nothing */

/* Asks one URL after the other, the one that answered last first, until one answers. `path` is
 * escaped and begins with a slash; `body`: NULL: GET, else POST. */
void http_ask(struct http *http, const char *path, const char *body, struct http_answer *answer);
char *http_escape(const struct http *http, const char *text); /* to be freed */
const char *http_name(const struct http *http);               /* of the registry: its first URL */

/* ---- cache.c ------------------------------------------------------------- */

struct cache;

/* `registry`: what is kept of another one is forgotten. */
struct cache *cache_open(const struct headrace_host *host, const char *registry);
void cache_close(struct cache *cache);
const struct registry_schema *cache_schema(const struct cache *cache, int32_t id);
/* Takes the texts, which malloc gave. */
const struct registry_schema *cache_add(struct cache *cache, int32_t id, char *text,
                                        char **references, size_t reference_count);
/* 0: not known. `fresh`: only if the registry itself said so since the start. */
int32_t cache_id(const struct cache *cache, const char *subject, const char *text, bool fresh);
void cache_add_id(struct cache *cache, const char *subject, const char *text, int32_t id);

#endif
