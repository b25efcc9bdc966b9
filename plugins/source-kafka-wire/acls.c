/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeAcls, CreateAcls, DeleteAcls: there are none, and the answer is that of a Kafka without
 * an authorizer, which tools understand. */
#include "tally.h"

static const char no_authorizer[] = "No Authorizer is configured.";

void handle_describe_acls(struct exchange *exchange)
{
  struct describe_acls_response *answer = WIRE_NEW(&exchange->arena, describe_acls_response);
  tally_refuse(&exchange->arena, &answer->error_code, &answer->error_message,
               KAFKA_SECURITY_DISABLED, "No Authorizer is configured on the broker");
  exchange_answer(exchange, answer);
}

void handle_create_acls(struct exchange *exchange)
{
  const struct create_acls_request *request = exchange->request.body;
  struct create_acls_response *answer = WIRE_NEW(&exchange->arena, create_acls_response);
  WIRE_ITEMS(&exchange->arena, answer->results, request->creations.count,
             create_acls_response_acl_creation_result);
  for (int32_t i = 0; i < answer->results.count; i++)
    tally_refuse(&exchange->arena, &answer->results.items[i].error_code,
                 &answer->results.items[i].error_message, KAFKA_SECURITY_DISABLED, no_authorizer);
  exchange_answer(exchange, answer);
}

void handle_delete_acls(struct exchange *exchange)
{
  const struct delete_acls_request *request = exchange->request.body;
  struct delete_acls_response *answer = WIRE_NEW(&exchange->arena, delete_acls_response);
  WIRE_ITEMS(&exchange->arena, answer->filter_results, request->filters.count,
             delete_acls_response_filter_result);
  for (int32_t i = 0; i < answer->filter_results.count; i++)
    tally_refuse(&exchange->arena, &answer->filter_results.items[i].error_code,
                 &answer->filter_results.items[i].error_message, KAFKA_SECURITY_DISABLED,
                 no_authorizer);
  exchange_answer(exchange, answer);
}
