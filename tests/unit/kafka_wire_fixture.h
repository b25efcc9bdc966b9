/* SPDX-License-Identifier: Apache-2.0
 *
 * The listener over a log in memory, spoken to by requests on a socket. */
#ifndef HEADRACE_TEST_KAFKA_WIRE_FIXTURE_H
#define HEADRACE_TEST_KAFKA_WIRE_FIXTURE_H

#include "broker.h"
#include "log_double.h"
#include "plugin_host.h"
#include "wire_bytes.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct log_double *the_log; /* what the sink of the only instance keeps */

static inline const struct headrace_log *sink_log(const struct headrace_host *host)
{
  (void)host;
  return &the_log->log;
}

struct fixture {
  struct plugin_host *host;
  const struct headrace_plugin *plugin;
  void *source;
  int client, port;
  struct wire_arena arena;
  struct wire_buffer out;
  char *in; /* the last answer */
  int32_t correlation;
  size_t more; /* bytes behind the next request */
};

#define ANSWER_MAX ((size_t)4 << 20)

static inline int free_port(void)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_false(bind(fd, (struct sockaddr *)&address, size));
  getsockname(fd, (struct sockaddr *)&address, &size);
  close(fd);
  return ntohs(address.sin_port);
}

static inline int connect_to(int port)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  connect(fd, (struct sockaddr *)&address, sizeof address);
  return fd;
}

const struct headrace_registration *headrace_plugin_entry(void);

/* With one key of the source's more. */
static inline int setup_with(void **state, const char *key, const char *value,
                             enum headrace_log_error create_trouble)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);
  int port = free_port();
  char listen[32];
  snprintf(listen, sizeof listen, "127.0.0.1:%d", port);
  const char *const pairs[] = {
      "listen", listen, "group_initial_rebalance_delay", "0", "fetch_sessions", "2", key,
      value,    NULL};
  the_log = log_double_new();
  the_log->create_trouble = create_trouble;
  fixture->plugin = headrace_plugin_entry()->plugin;
  fixture->host = plugin_host_new(fixture->plugin->keys, pairs);
  fixture->host->instance.host.sink_log = sink_log;
  fixture->out.limit = 4 << 20;
  assert_int_equal(fixture->plugin->open(&fixture->host->instance.host, &fixture->source), 0);
  assert_int_equal(fixture->plugin->start(fixture->source, NULL, 0), 0);
  fixture->port = port;
  fixture->client = connect_to(port);
  *state = fixture;
  return 0;
}

static inline int setup(void **state)
{
  return setup_with(state, NULL, NULL, HEADRACE_LOG_OK);
}

static inline int teardown(void **state)
{
  struct fixture *fixture = *state;
  fixture->plugin->stop(fixture->source);
  fixture->plugin->close(fixture->source);
  close(fixture->client);
  plugin_host_free(fixture->host);
  log_double_free(the_log);
  wire_arena_free(&fixture->arena);
  free(fixture->out.data);
  free(fixture->in);
  free(fixture);
  return 0;
}

static inline void turn(struct fixture *fixture)
{
  struct headrace_batch *batch = plugin_host_batch();
  fixture->plugin->read(fixture->source, batch, 5);
  batch_free(batch);
}

static inline void send_request(struct fixture *fixture, int16_t key, int16_t version,
                                const void *body)
{
  const struct wire_api *api = wire_api_of(key);
  struct wire_buffer *out = &fixture->out;
  out->size = 0;
  wire_buffer_add(out, 4);
  char *header = wire_buffer_add(out, 10);
  store16(header, (uint16_t)key);
  store16(header + 2, (uint16_t)version);
  store32(header + 4, (uint32_t)++fixture->correlation);
  store16(header + 8, (uint16_t)-1); /* no client id */
  if (version >= api->flexible)
    *wire_buffer_add(out, 1) = 0;
  assert_int_equal(wire_encode(out, api->request, version, body, NULL), WIRE_OK);
  if (fixture->more)
    memset(wire_buffer_add(out, fixture->more), 0, fixture->more);
  fixture->more = 0;
  store32(out->data, (uint32_t)(out->size - 4));
  size_t sent = 0;
  for (int i = 0; sent < out->size && i < 1000; i++) {
    ssize_t taken = send(fixture->client, out->data + sent, out->size - sent, 0);
    sent += taken > 0 ? (size_t)taken : 0;
    if (sent < out->size)
      turn(fixture);
  }
}

/* NULL: none within some turns. */
static inline const void *answer(struct fixture *fixture, int16_t key, int16_t version)
{
  const struct wire_api *api = wire_api_of(key);
  size_t have = 0, header = version >= api->flexible ? 5 : 4;
  fixture->in = realloc(fixture->in, ANSWER_MAX);
  for (int i = 0; i < 40; i++) {
    turn(fixture);
    ssize_t got = recv(fixture->client, fixture->in + have, ANSWER_MAX - have, 0);
    have += got > 0 ? (size_t)got : 0;
    if (have < 4 || have < 4 + load32(fixture->in))
      continue;
    assert_int_equal(have, 4 + load32(fixture->in));
    assert_int_equal(load32(fixture->in + 4), fixture->correlation);
    void *value = wire_new(&fixture->arena, api->response, 1);
    assert_int_equal(wire_decode(&fixture->arena, api->response, version, fixture->in + 4 + header,
                                 have - 4 - header, value, NULL),
                     WIRE_OK);
    return value;
  }
  return NULL;
}

static inline const void *ask(struct fixture *fixture, int16_t key, int16_t version,
                              const void *body)
{
  send_request(fixture, key, version, body);
  const void *value = answer(fixture, key, version);
  assert_non_null(value);
  return value;
}

static inline bool has_answer(const struct fixture *fixture)
{
  char byte;
  return recv(fixture->client, &byte, 1, MSG_PEEK) == 1;
}

static inline size_t exchanges(const struct fixture *fixture)
{
  const struct broker *broker = fixture->source;
  size_t count = 0;
  for (const struct exchange *at = broker->exchanges; at; at = at->older)
    count++;
  return count;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
