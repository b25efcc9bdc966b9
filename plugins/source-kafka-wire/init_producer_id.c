/* SPDX-License-Identifier: Apache-2.0
 *
 * InitProducerId, for idempotent producers. */
#include "broker.h"

static void numbered(void *context, enum headrace_log_error error, int64_t number)
{
  struct exchange *exchange = context;
  struct init_producer_id_response *answer = WIRE_NEW(&exchange->arena, init_producer_id_response);
  answer->producer_id = -1;
  answer->producer_epoch = -1;
  if (error == HEADRACE_LOG_OK) {
    answer->producer_id = number;
    answer->producer_epoch = 0;
  } else { /* clients ask again */
    answer->error_code = KAFKA_COORDINATOR_NOT_AVAILABLE;
  }
  exchange_answer(exchange, answer);
}

void handle_init_producer_id(struct exchange *exchange)
{
  const struct init_producer_id_request *request = exchange->request.body;
  const struct headrace_log *log = exchange->broker->log;
  if (!request->transactional_id.data) {
    log->new_producer(log->self, numbered, exchange);
    return;
  }
  struct init_producer_id_response *answer = WIRE_NEW(&exchange->arena, init_producer_id_response);
  answer->producer_id = -1;
  answer->producer_epoch = -1;
  /* Transactions are not served; clients take this for final. */
  answer->error_code = request->transactional_id.size ? KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                                                      : KAFKA_INVALID_REQUEST;
  exchange_answer(exchange, answer);
}
