-- include events/feed.lua
-- ARGV: the event's id, its seq, the API version whose cursor it may move or "", its JSON, when it happened, the sync
-- job (4), and the jobs that the event asks for (4 each).
local id, seq, api, event, at = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], tonumber(ARGV[5])
redis.call('SET', WEBHOOK_AT, math.floor(now()))
if not fresh(id) then return 0 end
if #ARGV > 9 then somebody_acts() end

local cursor = tonumber(redis.call('GET', CURSOR) or -1)
if counts(api) and cursor >= 0 and seq <= cursor + 1 then
  if seq == cursor + 1 then redis.call('SET', CURSOR, ARGV[2]) end
  push_all(10)
  return 1
end

-- What happens while a long absence is read does not wait for the end of that.
local absent_until = redis.call('HGET', ABSENCE, 'until')
if absent_until and at >= tonumber(absent_until) then
  push_all(10)
  return 1
end

redis.call('ZADD', PENDING, seq, id)
redis.call('HSET', PENDING_EVENTS, id, event)
push(ARGV[6], ARGV[7], ARGV[8], ARGV[9])
return 1
