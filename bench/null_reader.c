/* SPDX-License-Identifier: Apache-2.0
 *
 * The limit of a stream: reads a slot's messages and throws them away.
 *
 *   null_reader CONNINFO SLOT PUBLICATION END_LSN NAP_US
 *
 * With NAP_US 0 it waits for the socket as soon as it has drained it; then the
 * walsender wakes it for each message. Otherwise it naps so long after each
 * drain, and finds more at once. Prints the changes it saw. */
#include <endian.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool is_change(char kind)
{
  return kind == 'I' || kind == 'U' || kind == 'D';
}

static uint64_t read_u64(const char *bytes)
{
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
  return be64toh(value);
}

/* True: the stream has passed `end`. XLogData is 'w', start, end, clock, payload;
 * a keepalive 'k', end, clock, reply flag. */
static bool look(const char *message, int size, uint64_t end, uint64_t *changes)
{
  if (message[0] == 'k')
    return size >= 9 && read_u64(message + 1) >= end;
  if (message[0] != 'w' || size <= 25)
    return false;
  *changes += is_change(message[25]);
  return message[25] == 'C' && read_u64(message + 9) >= end;
}

static void nap(long microseconds)
{
  struct timespec time = {.tv_nsec = microseconds * 1000};
  nanosleep(&time, NULL);
}

static int read_until(PGconn *connection, uint64_t end, long nap_us)
{
  uint64_t changes = 0;
  for (;;) {
    char *message;
    int size = PQgetCopyData(connection, &message, 1);
    if (size < 0) {
      fprintf(stderr, "null_reader: %s", PQerrorMessage(connection));
      return 1;
    }
    if (size > 0) {
      bool done = look(message, size, end, &changes);
      PQfreemem(message);
      if (!done)
        continue;
      printf("%" PRIu64 "\n", changes);
      return 0;
    }
    if (nap_us)
      nap(nap_us);
    struct pollfd fd = {.fd = PQsocket(connection), .events = POLLIN};
    poll(&fd, 1, 1000);
    if (!PQconsumeInput(connection))
      return 1;
  }
}

int main(int argc, char **argv)
{
  unsigned high, low;
  if (argc != 6 || sscanf(argv[4], "%X/%X", &high, &low) != 2) {
    fprintf(stderr, "usage: null_reader CONNINFO SLOT PUBLICATION END_LSN NAP_US\n");
    return 64;
  }
  char command[512];
  PGconn *connection = PQconnectdb(argv[1]);
  snprintf(command, sizeof command,
           "START_REPLICATION SLOT \"%s\" LOGICAL 0/0 (proto_version '1', publication_names '%s')",
           argv[2], argv[3]);
  PGresult *result = PQexec(connection, command);
  int code = 1;
  if (PQresultStatus(result) == PGRES_COPY_BOTH)
    code = read_until(connection, (uint64_t)high << 32 | low, atol(argv[5]));
  else
    fprintf(stderr, "null_reader: %s", PQerrorMessage(connection));
  PQclear(result);
  PQfinish(connection);
  return code;
}
