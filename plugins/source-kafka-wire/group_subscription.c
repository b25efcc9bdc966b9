/* SPDX-License-Identifier: Apache-2.0
 *
 * What members of a consumer group subscribe to: the one thing that a coordinator reads out of
 * what is otherwise the members' own (ConsumerProtocolSubscription, of every version:
 * version:2, topics:4 × (size:2 name), and what later versions have behind it). */
#include "group.h"
#include "wire_bytes.h"

bool group_subscription_next(struct wire_slice *left, struct wire_slice *topic)
{
  if (left->size < 2)
    return false;
  uint32_t size = load16(left->data);
  if (size > INT16_MAX || size > left->size - 2)
    return false;
  *topic = (struct wire_slice){left->data + 2, size};
  *left = (struct wire_slice){left->data + 2 + size, left->size - 2 - size};
  return true;
}

bool group_subscription_begin(struct wire_slice metadata, struct wire_slice *left, int32_t *count)
{
  if (metadata.size < 6 || (int16_t)load16(metadata.data) < 0)
    return false;
  *count = (int32_t)load32(metadata.data + 2);
  *left = (struct wire_slice){metadata.data + 6, metadata.size - 6};
  return *count >= 0;
}

/* What cannot be read is taken for a subscription to everything, as Kafka does. */
static bool subscribes(const struct member_protocol *protocol, struct wire_slice topic)
{
  struct wire_slice left, name;
  int32_t count;
  struct wire_slice metadata = {protocol->metadata, protocol->metadata_size};
  if (!group_subscription_begin(metadata, &left, &count))
    return true;
  for (int32_t i = 0; i < count; i++)
    if (!group_subscription_next(&left, &name) || wire_equal(name, topic))
      return true;
  return false;
}

bool group_subscribes(const struct group *group, struct wire_slice topic)
{
  if (!group->members)
    return false;
  for (struct member *at = group->members; at; at = at->hh.next)
    for (size_t i = 0; i < at->protocol_count; i++) {
      struct wire_slice name = {at->protocols[i].name, at->protocols[i].name_size};
      bool chosen = group->protocol && wire_is(name, group->protocol);
      if ((chosen || !group->protocol) && subscribes(&at->protocols[i], topic))
        return true;
    }
  return false;
}
