-- KEYS: waiting, due, the thread's own. ARGV: thread, when it was written, when to look.
-- `first` and `last` are unanswered inbound messages, `since` the first of them that nobody was reminded of.
local at = tonumber(ARGV[2])
if at <= tonumber(redis.call('HGET', KEYS[3], 'answered') or 0) then return 0 end
redis.call('HSETNX', KEYS[3], 'first', ARGV[2])
if at > tonumber(redis.call('HGET', KEYS[3], 'last') or 0) then
  redis.call('HSET', KEYS[3], 'last', ARGV[2])
  if redis.call('HSETNX', KEYS[3], 'since', ARGV[2]) == 1 then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1]) end
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - FORTNIGHT)
redis.call('ZADD', KEYS[1], 'LT', redis.call('HGET', KEYS[3], 'first'), ARGV[1])
redis.call('EXPIRE', KEYS[3], FORTNIGHT)
return 1
