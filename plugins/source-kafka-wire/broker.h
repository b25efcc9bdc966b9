/* SPDX-License-Identifier: Apache-2.0
 *
 * The listener half of a Kafka broker: sockets, requests and their answers, groups. Records go
 * through the pipeline into its sink; all that is read comes out of the sink's log
 * (<headrace/log.h>).
 *
 * One thread, the source's: nothing here waits. What needs the store is a question whose answer
 * comes in log->serve(); until then its request stands in its connection's queue of exchanges. */
#ifndef HEADRACE_KAFKA_BROKER_H
#define HEADRACE_KAFKA_BROKER_H

#include "in_flight.h"
#include "record_batch.h"
#include "spares.h"
#include "tail.h"
#include "timers.h"
#include "topics.h"
#include "wire.h"

#include <headrace/log.h>
#include <stdatomic.h>

struct broker;
struct connection;

/* ---- what epoll watches -------------------------------------------------------- */

struct watch {
  int fd;
  void (*ready)(struct watch *watch, uint32_t events); /* NULL: it only ends the wait */
};

struct listener {
  struct watch watch;
  struct broker *broker;
  struct listener *next;
};

/* ---- one request and its answer -------------------------------------------------- */

enum exchange_state { EXCHANGE_WAITING, EXCHANGE_READY, EXCHANGE_SILENT };

struct exchange {
  struct broker *broker;
  struct connection *connection;  /* NULL: it is closed, the answer is for nobody */
  struct exchange *next;          /* of the connection, in order */
  struct exchange *newer, *older; /* of all, for the end */
  struct wire_arena arena;        /* request, answer and what lies between */
  struct wire_request request;
  size_t size; /* of the request's frame */
  size_t held; /* of the arena, counted in what the connection holds; nothing of a Fetch */
  const void *response;
  struct wire_slice bare; /* in the place of a response: bytes after their length */
  enum exchange_state state;
  bool alone; /* nothing behind it is looked at before it is answered */
  void *work; /* the handler's, in the arena */
  void (*release)(struct exchange *exchange); /* before it is freed; may be NULL */
  void (*closed)(struct exchange *exchange);  /* the connection was closed while it waits */
};

/* Each exchange gets exactly one of the two. */
void exchange_answer(struct exchange *exchange, const void *response);
void exchange_silence(struct exchange *exchange); /* no answer: acks = 0 */

/* ---- connections ------------------------------------------------------------------ */

struct connection {
  struct watch watch;
  struct broker *broker;
  struct connection *previous, *next;           /* of all */
  struct connection *next_dirty, *next_blocked; /* lists of the broker */
  struct exchange *first, *last;                /* requests without an answer so far */
  struct exchange *unfinished;                  /* a Produce whose frame is still in use */
  size_t exchange_count, fetch_count;           /* fetches among them */
  struct wire_buffer in, out;
  size_t in_at, out_at; /* what was taken, what was sent */
  size_t held;          /* by its requests and their answers */
  size_t answers;       /* of it by answers that are ready, and in `out`; none of Fetch */
  size_t out_answers;   /* of these in `out` */
  int64_t taken_ms;     /* when the client took something last, or there was nothing to take */
  uint32_t interest;    /* of epoll */
  bool dirty, blocked, muted, closing;
  bool held_back;    /* it was saturated when its requests were looked at */
  bool leaving;      /* it is closed when it has its last answer */
  bool given_up;     /* the request that is blocked has waited for as long as it said */
  struct timer mute; /* until then nothing is read: the client is over its quota */
  struct timer patience;
  int64_t active_ms; /* when something came last */
  const char *why;   /* it is being closed; NULL: the client did it */
  struct sasl *sasl; /* its client has not logged in yet; NULL: it has, or need not */
  char peer[64];
  struct wire_slice local_host; /* the address that the client has reached us by */
  int local_port;
  char local_name[64];
};

void listener_open_all(struct broker *broker, bool *failed);
void listener_close_all(struct broker *broker);
struct connection *connection_new(struct broker *broker, int fd);
void connection_work(struct connection *connection);      /* serves the frames that are there */
void connection_go_on(struct connection *connection);     /* nobody needs the frame any more */
void connection_step_back(struct connection *connection); /* if it is blocked: behind the others */
/* `why`: a constant for the log, or NULL; it goes when the thread comes round. */
void connection_close(struct connection *connection, const char *why);
void connection_mark(struct connection *connection); /* there may be something to send */
void connection_mute(struct connection *connection, int64_t ms); /* or for longer */
void connections_flush(struct broker *broker);
void connections_free(struct broker *broker);
void connections_expire(struct broker *broker);
void connections_relieve(struct broker *broker); /* of answers that nobody takes */

/* ---- the broker --------------------------------------------------------------------- */

struct limits {
  int64_t connections, request_bytes, batch_bytes_plain, fetch_bytes, output_bytes, tail_bytes;
  int64_t fetch_sessions, idle_ms, stalled_ms, session_least_ms, session_most_ms;
};

struct complaints { /* of clients, to the log */
  int64_t counted_ms;
  int spent; /* of what may be said; one comes back each second */
  unsigned withheld;
};

struct broker {
  const struct headrace_host *host;
  const struct headrace_log *log;
  struct no_log *no_log;                          /* that is the log, where the sink has none */
  const struct headrace_log_catalogue *catalogue; /* held */
  struct topics topics;
  struct limits limits;
  bool auto_create, log_connections, stopping;
  int32_t default_partitions, node_id;
  int64_t initial_rebalance_ms;
  struct wire_slice advertised_host; /* null: where the client has reached us */
  int advertised_port;

  int epoll;
  struct listener *listeners;
  struct connection *connections, *dirty;
  struct connection *blocked, **blocked_end; /* who waits longest comes first */
  size_t connection_count;
  size_t answers; /* of all connections */
  struct exchange *exchanges;
  struct watch wake;
  atomic_bool log_has_news;
  struct timers timers;
  int64_t now_ms; /* of this turn: since 1970 */

  struct headrace_batch *batch; /* to be filled; NULL: not now */
  bool filled;
  size_t batch_memory; /* that its records take */
  struct in_flight in_flight;
  struct batch_codec *codec;
  struct batch_codec *packer; /* for what is compressed while `codec` is in use; NULL: not yet */
  struct record *records;     /* of the batch that is being looked at */
  size_t record_capacity;
  struct tail_budget tail_budget;
  struct spares spares;

  struct complaints complaints;
  struct fetch *woken; /* parked, to be looked at again */
  struct fetch_sessions *sessions;
  struct groups *groups;
  struct first_topics *first_topics; /* NULL: not yet */
  struct quotas *quotas;
  struct alteration *altering, *altering_last; /* configurations, in the order of requests */
  struct sasl_rules *sasl;                     /* NULL: nobody has to log in */
  enum headrace_result failure;
};

void *broker_alloc(size_t size);                  /* zeroed, never NULL */
void *broker_grow(void *old, size_t size);        /* likewise */
char *broker_text(const char *data, size_t size); /* a copy, zero-terminated */

/* One round: what the log has answered, what sockets and timers have, and all that is to be
 * sent. Waits at most so long for the first of them. */
void broker_turn(struct broker *broker, int timeout_ms);
bool broker_watch(struct broker *broker, struct watch *watch, uint32_t events);
/* The time that intervals are measured with. */
int64_t broker_clock_ms(void);

/* A warning about a client, unless there were too many. */
void broker_complain(struct broker *broker, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Where clients are sent. */
struct wire_slice broker_host(const struct exchange *exchange);
int32_t broker_port(const struct exchange *exchange);

enum kafka_error kafka_error_of(enum headrace_log_error error);

/* ---- handlers ------------------------------------------------------------------------ */

void dispatch(struct exchange *exchange);
bool dispatch_serves(int16_t key);

void handle_sasl_handshake(struct exchange *exchange);
void handle_sasl_authenticate(struct exchange *exchange);
void handle_api_versions(struct exchange *exchange);
void handle_metadata(struct exchange *exchange);
void handle_describe_topic_partitions(struct exchange *exchange);
void handle_produce(struct exchange *exchange);
void handle_fetch(struct exchange *exchange);
void handle_list_offsets(struct exchange *exchange);
void handle_offset_for_leader_epoch(struct exchange *exchange);
void handle_find_coordinator(struct exchange *exchange);
void handle_join_group(struct exchange *exchange);
void handle_sync_group(struct exchange *exchange);
void handle_heartbeat(struct exchange *exchange);
void handle_leave_group(struct exchange *exchange);
void handle_consumer_group_heartbeat(struct exchange *exchange);
void handle_describe_groups(struct exchange *exchange);
void handle_list_groups(struct exchange *exchange);
void handle_delete_groups(struct exchange *exchange);
void handle_offset_commit(struct exchange *exchange);
void handle_offset_fetch(struct exchange *exchange);
void handle_offset_delete(struct exchange *exchange);
void handle_init_producer_id(struct exchange *exchange);
void handle_describe_producers(struct exchange *exchange);
void handle_create_topics(struct exchange *exchange);
void handle_delete_topics(struct exchange *exchange);
void handle_create_partitions(struct exchange *exchange);
void handle_delete_records(struct exchange *exchange);
void handle_describe_acls(struct exchange *exchange);
void handle_create_acls(struct exchange *exchange);
void handle_delete_acls(struct exchange *exchange);
void handle_describe_configs(struct exchange *exchange);
void handle_alter_configs(struct exchange *exchange);
void handle_incremental_alter_configs(struct exchange *exchange);
void handle_list_config_resources(struct exchange *exchange);
void handle_describe_client_quotas(struct exchange *exchange);
void handle_describe_user_scram_credentials(struct exchange *exchange);
void handle_alter_user_scram_credentials(struct exchange *exchange);
void handle_describe_cluster(struct exchange *exchange);
void handle_describe_log_dirs(struct exchange *exchange);
void handle_alter_replica_log_dirs(struct exchange *exchange);
void handle_elect_leaders(struct exchange *exchange);
void handle_alter_partition_reassignments(struct exchange *exchange);
void handle_list_partition_reassignments(struct exchange *exchange);

/* Parked fetches of a partition are to look again. */
void fetch_wake(struct partition *partition);
void fetch_look_again(struct broker *broker);
void fetch_end_all(struct broker *broker); /* answers what is parked */
struct fetch_sessions *fetch_sessions_new(size_t limit);
void fetch_sessions_free(struct fetch_sessions *sessions);

void produce_go_on(struct exchange *exchange);      /* one that is unfinished */
void produce_end_all(struct broker *broker);        /* answers those */
bool produce_has_room(const struct broker *broker); /* for records, in the batch */
void produce_durable(struct broker *broker, const uint64_t *receipts, size_t count);
void produce_rejected(struct broker *broker, uint32_t event, const char *error_class,
                      const char *reason);

/* Bytes a second of each client id. */
enum quota_kind { QUOTA_PRODUCE, QUOTA_CONSUME, QUOTA_KINDS };
struct quotas *quotas_new(const struct headrace_host *host);
void quotas_free(struct quotas *quotas);
bool quotas_check(const struct headrace_host *host); /* false: said by log() */
/* The exchange's client has sent or is sent so many bytes. If that is too much its connection is
 * muted, and it has to be told for how long: milliseconds, 0 if it is not too much. */
int32_t quota_charge(struct exchange *exchange, enum quota_kind kind, size_t bytes);
/* What one answer may have at most, so that nobody has to wait for very long. */
int64_t quota_most(const struct exchange *exchange, enum quota_kind kind);

struct first_topics *first_topics_make(struct broker *broker);
void first_topics_free(struct first_topics *topics);

struct groups *groups_new(struct broker *broker);
void groups_free(struct groups *groups);

extern const struct headrace_key source_kafka_wire_keys[];
bool broker_configure(struct broker *broker); /* false: said by log() */
bool broker_check_conf(const struct headrace_host *host);

#endif
