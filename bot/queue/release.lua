-- include queue/lanes.lua
-- What was put off at a time that has not come yet waits for a clock that was set back: it is due.
local due = redis.call('ZRANGEBYSCORE', DELAYED_SINCE, now() + 1, '+inf', 'LIMIT', 0, 200)
if #due == 0 then due = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', now(), 'LIMIT', 0, 200) end
for _, lane in ipairs(due) do
  local waited = redis.call('ZREM', DELAYED, lane) == 1
  redis.call('ZREM', DELAYED_SINCE, lane)
  local item = head(lane)
  if waited and item then ticket(lane, item) end
end
return #due
