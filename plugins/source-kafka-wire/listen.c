/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets, and who comes in. */
#include "broker.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_A_TURN 32

static void refuse(struct broker *broker, int fd)
{
  close(fd);
  broker->host->counter(broker->host, "connections_refused", 1);
  broker_complain(broker,
                  "a connection was closed at once: there are %zu, as many as max_connections "
                  "allows",
                  broker->connection_count);
}

static void incoming(struct watch *watch, uint32_t events)
{
  (void)events;
  struct broker *broker = ((struct listener *)watch)->broker;
  for (int i = 0; i < ACCEPTS_A_TURN; i++) {
    int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
      return;
    if ((int64_t)broker->connection_count >= broker->limits.connections)
      refuse(broker, fd);
    else
      connection_new(broker, fd);
  }
}

static int listening_socket(const struct addrinfo *address)
{
  static const int on = 1;
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->ai_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (!bind(fd, address->ai_addr, address->ai_addrlen) && !listen(fd, SOMAXCONN))
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static bool open_one(struct broker *broker, const struct addrinfo *address)
{
  int fd = listening_socket(address);
  if (fd < 0)
    return false;
  struct listener *listener = broker_alloc(sizeof *listener);
  *listener = (struct listener){
      .watch = {.fd = fd, .ready = incoming}, .broker = broker, .next = broker->listeners};
  broker->listeners = listener;
  return true; /* watched from start() on */
}

/* "host:port" or "[host]:port", of a list that was checked. */
static int resolve(const char *text, struct addrinfo **found)
{
  static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                        .ai_flags = AI_PASSIVE | AI_ADDRCONFIG};
  const char *colon = strrchr(text, ':');
  bool bracketed = text[0] == '[';
  char *host = broker_text(text + bracketed, (size_t)(colon - text) - 2 * bracketed);
  int error = getaddrinfo(*host ? host : NULL, colon + 1, &hints, found);
  free(host);
  return error;
}

static bool open_address(struct broker *broker, const char *text)
{
  const struct headrace_host *host = broker->host;
  struct addrinfo *found = NULL;
  int error = resolve(text, &found);
  if (error) {
    host->log(host, HEADRACE_ERROR, "listen: cannot resolve %s: %s", text, gai_strerror(error));
    return false;
  }
  bool good = true;
  for (const struct addrinfo *address = found; address && good; address = address->ai_next)
    good = open_one(broker, address);
  if (!good)
    host->log(host, HEADRACE_ERROR,
              "listen: cannot listen on %s: %s; see who uses the port (ss -ltnp)", text,
              strerror(errno));
  freeaddrinfo(found);
  return good;
}

void listener_open_all(struct broker *broker, bool *failed)
{
  const struct headrace_pair *addresses;
  size_t count = broker->host->list(broker->host, "listen", &addresses);
  for (size_t i = 0; i < count && !*failed; i++)
    *failed = !open_address(broker, addresses[i].name);
}

void listener_close_all(struct broker *broker)
{
  while (broker->listeners) {
    struct listener *listener = broker->listeners;
    broker->listeners = listener->next;
    close(listener->watch.fd);
    free(listener);
  }
}
