-- SPDX-License-Identifier: Apache-2.0
-- Sees each change of conf/handler.ini, and answers with the records that it becomes: none, one or
-- a list of them. See headrace-filter-lua(7).

local names = {insert = "INSERT", update = "UPDATE", delete = "DELETE", read = "READ"}

function filter(event)
  if not names[event.operation] then
    return nil
  end
  local row = event.new or event.old
  row.operation = names[event.operation]
  return {
    topic = "users.handled",
    key = row.id,
    value = json.encode(row),
    headers = {table = event.schema .. "." .. event.table},
  }
end
