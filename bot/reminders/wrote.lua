-- KEYS: waiting, due, the thread's own, the id of the message with which its wait began.
-- ARGV: thread, when it was written, when to look, the message's id.
-- `first` and `last` are unanswered inbound messages, `since` the first of them that nobody was reminded of, `closed`
-- when the conversation was last archived. Answers whether the wait begins with this message, the same again when it is
-- heard of again.
local own, at = KEYS[3], tonumber(ARGV[2])
local answered, closed, first = unpack(redis.call('HMGET', own, 'answered', 'closed', 'first'))
closed = tonumber(closed or 0)
if at <= tonumber(answered or 0) then return 0 end
if not first or (tonumber(first) <= closed and closed < at) then
  redis.call('HSET', own, 'first', ARGV[2])
  redis.call('HDEL', own, 'since')
  if closed < at then redis.call('SET', KEYS[4], ARGV[4], 'EX', WEEK) end
elseif at < tonumber(first) and closed < at then
  redis.call('HSET', own, 'first', ARGV[2])
end
if at > tonumber(redis.call('HGET', own, 'last') or 0) then
  redis.call('HSET', own, 'last', ARGV[2])
  if redis.call('HSETNX', own, 'since', ARGV[2]) == 1 then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1]) end
end
redis.call('ZADD', KEYS[1], redis.call('HGET', own, 'first'), ARGV[1])
redis.call('PERSIST', own)
return redis.call('GET', KEYS[4]) == ARGV[4] and 1 or 0
