/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_errors.h"

const char *kafka_error_name(int code)
{
  switch (code) {
#define KAFKA_ERROR_CASE(name, number)                                                             \
  case number:                                                                                     \
    return #name;
    KAFKA_ERRORS(KAFKA_ERROR_CASE)
#undef KAFKA_ERROR_CASE
  default:
    return "UNKNOWN_SERVER_ERROR";
  }
}
