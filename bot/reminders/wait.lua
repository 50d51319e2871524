-- `first` and `last` are unanswered inbound messages, `since` the first of them that nobody was reminded of, `closed`
-- when the conversation was last archived. `own` is the thread's, `began` the id of the message with which its wait
-- began; `at` is when it was written, `look` when to look. Answers whether the wait begins with this message, the same
-- again when it is heard of again. A wait ends with its card, which lives for longer than a week after each message,
-- whether `upkeep/waits.lua` has been there since or not.
local function wrote(own, began, thread, at, look, message)
  local before = tonumber(redis.call('HGET', own, 'last') or at)
  if tonumber(at) - before > WEEK and redis.call('EXISTS', PREFIX .. 'card:' .. thread) == 0 then
    redis.call('DEL', own)
  end
  local answered, closed, first = unpack(redis.call('HMGET', own, 'answered', 'closed', 'first'))
  local now = tonumber(at)
  closed = tonumber(closed or 0)
  if now <= tonumber(answered or 0) then return 0 end
  if not first or (tonumber(first) <= closed and closed < now) then
    redis.call('HSET', own, 'first', at)
    redis.call('HDEL', own, 'since')
    if closed < now then redis.call('SET', began, message, 'EX', WEEK) end
  elseif now < tonumber(first) and closed < now then
    redis.call('HSET', own, 'first', at)
  end
  if now > tonumber(redis.call('HGET', own, 'last') or 0) then
    redis.call('HSET', own, 'last', at)
    if redis.call('HSETNX', own, 'since', at) == 1 then redis.call('ZADD', DUE, look, thread) end
  end
  redis.call('ZADD', WAITING, redis.call('HGET', own, 'first'), thread)
  redis.call('PERSIST', own)
  return redis.call('GET', began) == message and 1 or 0
end
