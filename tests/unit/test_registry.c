/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry client's file, and what a URL says. What it asks and is answered is tested end to
 * end (test_avro_registry.py). */
#include "plugin_host.h"
#include "registry_parts.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct headrace_key keys[] = {REGISTRY_KEYS, {0}};

struct fixture {
  struct plugin_host *host;
  char folder[64], file[128];
};

static void begin_waiting(struct fixture *fixture, const char *url, const char *wait)
{
  const char *const settings[] = {"registry", url, "registry_wait", wait, "registry_timeout",
                                  wait,       NULL};
  fixture->host = plugin_host_new(keys, settings);
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/headrace-registry-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  snprintf(fixture->file, sizeof fixture->file, "%s/test.stage.schemas", fixture->folder);
  fixture->host->instance.host.state_dir = fixture->folder;
}

static void begin(struct fixture *fixture, const char *url)
{
  begin_waiting(fixture, url, "0");
}

static void end(struct fixture *fixture)
{
  unlink(fixture->file);
  rmdir(fixture->folder);
  plugin_host_free(fixture->host);
}

static struct cache *open_cache(struct fixture *fixture, const char *registry)
{
  return cache_open(&fixture->host->instance.host, registry);
}

static void append(const struct fixture *fixture, const char *text)
{
  FILE *file = fopen(fixture->file, "a");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void fill(struct cache *cache)
{
  char **references = calloc(2, sizeof *references);
  references[0] = strdup("{\"a\":\"\xc3\xa9\"}");
  cache_add(cache, 7, strdup("{\"b\":\"\\n\"}"), references, 1);
  cache_add_id(cache, "t-value", "\"string\"", 9);
  assert_int_equal(cache_id(cache, "t-value", "\"string\"", true), 9);
}

static void check(struct cache *cache)
{
  const struct registry_schema *schema = cache_schema(cache, 7);
  assert_non_null(schema);
  assert_string_equal(schema->text, "{\"b\":\"\\n\"}");
  assert_int_equal(schema->reference_count, 1);
  assert_string_equal(schema->references[0], "{\"a\":\"\xc3\xa9\"}");
  assert_int_equal(cache_id(cache, "t-value", "\"string\"", false), 9);
  assert_int_equal(cache_id(cache, "t-value", "\"string\"", true), 0); /* not asked yet */
  assert_int_equal(cache_id(cache, "t-key", "\"string\"", false), 0);
}

static void test_file_is_read_again(void **state)
{
  struct fixture fixture;
  (void)state;
  begin(&fixture, "http://a");
  struct cache *cache = open_cache(&fixture, "http://a");
  fill(cache);
  cache_close(cache);
  cache = open_cache(&fixture, "http://a");
  check(cache);
  cache_close(cache);
  end(&fixture);
}

/* A line that a crash cut short, and lines that are none of ours. */
static void test_broken_lines(void **state)
{
  struct fixture fixture;
  (void)state;
  begin(&fixture, "http://a");
  struct cache *cache = open_cache(&fixture, "http://a");
  fill(cache);
  cache_close(cache);
  append(&fixture, "\n[]\n{\"id\":0,\"schema\":\"x\"}\n{\"id\":\"8\"}\n{\"id\":8,\"schema\":\"x");
  cache = open_cache(&fixture, "http://a");
  check(cache);
  assert_null(cache_schema(cache, 8));
  cache_add(cache, 10, strdup("x"), calloc(1, sizeof(char *)), 0);
  cache_close(cache);
  cache = open_cache(&fixture, "http://a");
  check(cache);
  assert_non_null(cache_schema(cache, 10));
  cache_close(cache);
  end(&fixture);
}

static void test_another_registry(void **state)
{
  struct fixture fixture;
  (void)state;
  begin(&fixture, "http://a");
  struct cache *cache = open_cache(&fixture, "http://a");
  fill(cache);
  cache_close(cache);
  cache = open_cache(&fixture, "http://b");
  assert_null(cache_schema(cache, 7));
  cache_close(cache);
  cache = open_cache(&fixture, "http://a"); /* nor does it come back */
  assert_null(cache_schema(cache, 7));
  cache_close(cache);
  end(&fixture);
}

/* Without a folder it works, and keeps nothing. */
static void test_no_folder(void **state)
{
  struct fixture fixture;
  (void)state;
  begin(&fixture, "http://a");
  fixture.host->instance.host.state_dir = NULL;
  struct cache *cache = open_cache(&fixture, "http://a");
  fill(cache);
  cache_close(cache);
  end(&fixture);
}

static void test_urls(void **state)
{
  static const struct {
    const char *url, *name; /* NULL: it is none */
  } urls[] = {{"http://localhost:8081", "http://localhost:8081"},
              {"https://me:s3cret@host/apis/ccompat/v7/", "https://host/apis/ccompat/v7"},
              {"http://host/a@b", "http://host/a@b"},
              {"localhost:8081", NULL},
              {"ftp://host", NULL},
              {"http://", NULL}};
  (void)state;
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    struct fixture fixture;
    begin(&fixture, urls[i].url);
    struct http *http = http_open(&fixture.host->instance.host);
    if (urls[i].name)
      assert_string_equal(http_name(http), urls[i].name);
    else
      assert_null(http);
    http_close(http);
    char *log = plugin_host_log(fixture.host);
    assert_null(strstr(log, "s3cret"));
    free(log);
    end(&fixture);
  }
}

/* Nobody listens there. */
static void test_away(void **state)
{
  struct fixture fixture;
  struct registry_fault fault;
  const struct registry_schema *schema;
  int32_t id;
  (void)state;
  begin(&fixture, "http://me:s3cret@127.0.0.1:9, http://127.0.0.1:10");
  struct registry *registry = registry_open(&fixture.host->instance.host);
  assert_int_equal(registry_by_id(registry, 1, &schema, &fault), REGISTRY_AWAY);
  assert_int_equal(registry_id_of(registry, "t", "AVRO", "\"int\"", &id, &fault), REGISTRY_AWAY);
  char *log = plugin_host_log(fixture.host);
  assert_non_null(strstr(log, "schema registry http://127.0.0.1:10 does not answer: "));
  assert_null(strstr(log, "s3cret"));
  free(log);
  registry_close(registry);
  end(&fixture);
}

/* ---- servers of one kind of answer ------------------------------------------------ */

struct server {
  int socket;
  char url[64];
  const char *answer;
  size_t blanks; /* behind it */
  pthread_t thread;
};

/* It takes connections, and says nothing. */
static void server_open(struct server *server)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  server->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(server->socket, (struct sockaddr *)&address, size), 0);
  assert_int_equal(getsockname(server->socket, (struct sockaddr *)&address, &size), 0);
  assert_int_equal(listen(server->socket, 5), 0);
  snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
}

static void *serve_one(void *context)
{
  const struct server *server = context;
  char request[1000];
  int client = accept(server->socket, NULL, NULL);
  if (read(client, request, sizeof request) > 0)
    send(client, server->answer, strlen(server->answer), MSG_NOSIGNAL);
  for (size_t i = 0; i < server->blanks; i += sizeof request)
    if (send(client, memset(request, ' ', sizeof request), sizeof request, MSG_NOSIGNAL) < 0)
      break;
  close(client);
  return NULL;
}

/* Told to stop, it waits neither for the answer nor for the next question. */
static void test_stop(void **state)
{
  struct fixture fixture;
  struct registry_fault fault;
  const struct registry_schema *schema;
  struct server server;
  (void)state;
  server_open(&server);
  const char *const urls[] = {server.url, "http://127.0.0.1:9"};
  for (size_t i = 0; i < 2; i++) {
    begin_waiting(&fixture, urls[i], "60s");
    const struct headrace_host *host = &fixture.host->instance.host;
    struct registry *registry = registry_open(host);
    atomic_store(&fixture.host->stopping, true);
    int64_t start = host->now_us(host);
    assert_int_equal(registry_by_id(registry, 1, &schema, &fault), REGISTRY_AWAY);
    assert_true(host->now_us(host) - start < 20000000);
    registry_close(registry);
    end(&fixture);
  }
  close(server.socket);
}

/* Pages of a proxy, say: no reason to drop records. */
static void test_something_else(void **state)
{
  struct fixture fixture;
  struct registry_fault fault;
  const struct registry_schema *schema;
  static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
                                        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                                        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
                                        "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"};
  (void)state;
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    struct server server = {.answer = answers[i]};
    server_open(&server);
    pthread_create(&server.thread, NULL, serve_one, &server);
    begin_waiting(&fixture, server.url, "60s");
    struct registry *registry = registry_open(&fixture.host->instance.host);
    assert_int_equal(registry_by_id(registry, 1, &schema, &fault), REGISTRY_DENIED);
    pthread_join(server.thread, NULL);
    registry_close(registry);
    end(&fixture);
    close(server.socket);
  }
}

/* It is there: nobody waits for it, and only what needs this schema is refused. */
static void test_too_large(void **state)
{
  struct fixture fixture;
  struct registry_fault fault;
  const struct registry_schema *schema;
  struct server server = {.answer = "HTTP/1.1 200 OK\r\n\r\n", .blanks = 17u << 20};
  (void)state;
  server_open(&server);
  pthread_create(&server.thread, NULL, serve_one, &server);
  begin_waiting(&fixture, server.url, "60s");
  struct registry *registry = registry_open(&fixture.host->instance.host);
  assert_int_equal(registry_by_id(registry, 5, &schema, &fault), REGISTRY_REFUSED);
  assert_string_equal(fault.error_class, "schema-too-large");
  assert_non_null(strstr(fault.reason, "/schemas/ids/5: the schema registry's answer is larger "
                                       "than the 16 MiB"));
  pthread_join(server.thread, NULL);
  registry_close(registry);
  end(&fixture);
  close(server.socket);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file_is_read_again),
      cmocka_unit_test(test_broken_lines),
      cmocka_unit_test(test_another_registry),
      cmocka_unit_test(test_no_folder),
      cmocka_unit_test(test_urls),
      cmocka_unit_test(test_away),
      cmocka_unit_test(test_stop),
      cmocka_unit_test(test_something_else),
      cmocka_unit_test(test_too_large),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
