-- SPDX-License-Identifier: Apache-2.0
-- What an application runs to take up to 100 messages, in the transaction in which it handles
-- them: several may do so at once, none gets what another has. To be woken up instead of asking
-- again and again: LISTEN headrace_inbox (the payload is the pipeline's name).
DELETE FROM headrace.inbox AS i
  USING (SELECT day, pipeline, topic, "partition", "offset" FROM headrace.inbox
         ORDER BY day, topic, "partition", "offset" LIMIT 100 FOR UPDATE SKIP LOCKED) AS t
  WHERE (i.day, i.pipeline, i.topic, i."partition", i."offset")
      = (t.day, t.pipeline, t.topic, t."partition", t."offset")
  RETURNING i.topic, i."partition", i."offset", i.key, i.value, i.headers;
