/* SPDX-License-Identifier: Apache-2.0
 *
 * One question and its answer. */
#include "registry_parts.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define MEDIA_TYPE  "application/vnd.schemaregistry.v1+json"
#define CONNECT_MAX 3000 /* milliseconds until a connection stands */
#define PATIENCE    1000 /* … and for an answer once the pipeline was told to stop */

struct base {
  char *url;  /* without slash at the end, and without user and password */
  char *user; /* "user:password" of the URL itself; NULL: none */
};

struct http {
  const struct headrace_host *host;
  CURL *curl;
  struct curl_slist *headers;
  struct base *bases;
  size_t count, current;
  char *credentials; /* "user:password"; NULL: none */
  int64_t asked_us;
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

/* ---- settings ------------------------------------------------------------ */

/* http://user:password@host/path, taken apart. False: it is no http URL. */
static bool read_base(const char *text, struct base *base)
{
  const char *scheme = strstr(text, "://");
  if (!scheme || (strncmp(text, "http:", 5) && strncmp(text, "https:", 6)))
    return false;
  const char *host = scheme + 3;
  const char *at = memchr(host, '@', strcspn(host, "/?"));
  if (at) {
    base->user = must(strndup(host, (size_t)(at - host)));
    host = at + 1;
  }
  size_t size = strlen(host);
  while (size && host[size - 1] == '/')
    size--;
  size_t head = (size_t)(scheme + 3 - text);
  base->url = must(malloc(head + size + 1));
  memcpy(base->url, text, head);
  memcpy(base->url + head, host, size);
  base->url[head + size] = '\0';
  return size > 0;
}

static char *read_credentials(const struct headrace_host *host)
{
  const char *user = host->string(host, "registry_user");
  const char *password = host->string(host, "registry_password");
  if (!user)
    return NULL;
  size_t user_size = strlen(user), password_size = password ? strlen(password) : 0;
  char *both = must(malloc(user_size + password_size + 2));
  memcpy(both, user, user_size);
  both[user_size] = ':';
  memcpy(both + user_size + 1, password ? password : "", password_size + 1);
  return both;
}

static size_t take_bytes(char *data, size_t one, size_t count, void *context);

/* Called once a second at least. What is answered at once is waited for, so that all that was read
 * can be written; who hangs does not keep the pipeline from its end. */
static int give_up(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
  const struct http *http = context;
  const struct headrace_host *host = http->host;
  (void)a, (void)b, (void)c, (void)d;
  return host->stopping(host) && host->now_us(host) > http->asked_us + 1000 * PATIENCE;
}

static void set_options(struct http *http)
{
  const struct headrace_host *host = http->host;
  long timeout = (long)host->integer(host, "registry_timeout");
  CURL *curl = http->curl;
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* a process of many threads */
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_MAX ? timeout : CONNECT_MAX);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, give_up);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "headrace/" HEADRACE_VERSION);
  static const struct {
    const char *key;
    CURLoption option;
  } files[] = {{"registry_ca", CURLOPT_CAINFO},
               {"registry_cert", CURLOPT_SSLCERT},
               {"registry_key", CURLOPT_SSLKEY}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (host->string(host, files[i].key))
      curl_easy_setopt(curl, files[i].option, host->string(host, files[i].key));
}

static bool read_bases(struct http *http)
{
  const struct headrace_host *host = http->host;
  const struct headrace_pair *items;
  http->count = host->list(host, "registry", &items);
  http->bases = must(calloc(http->count + 1, sizeof *http->bases));
  for (size_t i = 0; i < http->count; i++)
    if (!read_base(items[i].name, &http->bases[i])) {
      host->log(host, HEADRACE_ERROR,
                "registry: item %zu is no URL such as http://localhost:8081 or "
                "https://host/apis/ccompat/v7",
                i + 1);
      return false;
    }
  return http->count > 0;
}

struct http *http_open(const struct headrace_host *host)
{
  /* Counted and safe to call from any thread since libcurl 7.84. */
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    abort();
  struct http *http = must(calloc(1, sizeof *http));
  http->host = host;
  http->curl = must(curl_easy_init());
  http->headers = must(curl_slist_append(NULL, "Accept: " MEDIA_TYPE ", application/json"));
  http->headers = must(curl_slist_append(http->headers, "Content-Type: " MEDIA_TYPE));
  http->credentials = read_credentials(host);
  if (!read_bases(http)) {
    http_close(http);
    return NULL;
  }
  set_options(http);
  return http;
}

void http_close(struct http *http)
{
  if (!http)
    return;
  for (size_t i = 0; i < http->count; i++) {
    free(http->bases[i].url);
    free(http->bases[i].user);
  }
  free(http->bases);
  free(http->credentials);
  curl_slist_free_all(http->headers);
  curl_easy_cleanup(http->curl);
  curl_global_cleanup();
  free(http);
}

const char *http_name(const struct http *http)
{
  return http->bases[0].url;
}

char *http_escape(const struct http *http, const char *text)
{
  char *escaped = must(curl_easy_escape(http->curl, text, (int)strlen(text)));
  char *copy = must(strdup(escaped));
  curl_free(escaped);
  return copy;
}

/* ---- asking -------------------------------------------------------------- */

struct bytes {
  char *data;
  size_t size, room;
  bool too_large;
};

static size_t take_bytes(char *data, size_t one, size_t count, void *context)
{
  struct bytes *bytes = context;
  size_t size = one * count;
  bytes->too_large = size > ANSWER_MAX - bytes->size;
  if (bytes->too_large)
    return 0; /* curl ends the transfer */
  if (bytes->size + size > bytes->room) {
    bytes->room = 2 * (bytes->size + size);
    bytes->data = must(realloc(bytes->data, bytes->room));
  }
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
  return size;
}

static void set_question(const struct http *http, const struct base *base, const char *url,
                         const char *body, struct bytes *bytes)
{
  CURL *curl = http->curl;
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, bytes);
  const char *credentials = base->user ? base->user : http->credentials;
  curl_easy_setopt(curl, CURLOPT_USERPWD, credentials);
  curl_easy_setopt(curl, CURLOPT_HTTPAUTH, credentials ? CURLAUTH_BASIC : CURLAUTH_NONE);
  if (body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
  } else {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  }
}

static void ask_one(struct http *http, const struct base *base, const char *path, const char *body,
                    struct http_answer *answer)
{
  struct bytes bytes = {0};
  char message[CURL_ERROR_SIZE] = "";
  size_t size = strlen(base->url) + strlen(path) + 1;
  char *url = must(malloc(size));
  snprintf(url, size, "%s%s", base->url, path);
  *answer = (struct http_answer){.base = base->url};
  curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, message);
  set_question(http, base, url, body, &bytes);
  http->asked_us = http->host->now_us(http->host);
  CURLcode code = curl_easy_perform(http->curl);
  curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, NULL);
  if (code == CURLE_OK || bytes.too_large) {
    answer->too_large = bytes.too_large;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    if (bytes.size && !bytes.too_large)
      answer->body = json_loadb(bytes.data, bytes.size, JSON_DECODE_ANY, NULL);
  } else {
    snprintf(answer->error, sizeof answer->error, "%s",
             *message ? message : curl_easy_strerror(code));
  }
  free(bytes.data);
  free(url);
}

/* It is there, but cannot answer now. */
static bool is_away(const struct http_answer *answer)
{
  return !answer->status || answer->status >= 500 || answer->status == 429 || answer->status == 408;
}

void http_ask(struct http *http, const char *path, const char *body, struct http_answer *answer)
{
  for (size_t tried = 0;; tried++) {
    ask_one(http, &http->bases[http->current], path, body, answer);
    if (!is_away(answer))
      return;
    if (answer->status && !*answer->error)
      snprintf(answer->error, sizeof answer->error, "it answers with HTTP status %ld",
               answer->status);
    answer->status = 0;
    http->current = (http->current + 1) % http->count;
    if (tried + 1 == http->count || http->host->stopping(http->host))
      return;
    json_decref(answer->body);
  }
}
