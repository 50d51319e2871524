-- KEYS: waiting, due, the thread's own. ARGV: thread, when it was written. Answers whether somebody had waited for it.
local at = tonumber(ARGV[2])
if at > tonumber(redis.call('HGET', KEYS[3], 'answered') or 0) then redis.call('HSET', KEYS[3], 'answered', ARGV[2]) end
local last = redis.call('HGET', KEYS[3], 'last')
if not last then
  redis.call('EXPIRE', KEYS[3], FORTNIGHT)
  return 0
end
if tonumber(redis.call('HGET', KEYS[3], 'first') or last) > at then return 0 end
if tonumber(last) > at then
  redis.call('HSET', KEYS[3], 'first', last)
  if redis.call('HEXISTS', KEYS[3], 'since') == 1 then redis.call('HSET', KEYS[3], 'since', last) end
  redis.call('ZADD', KEYS[1], last, ARGV[1])
  return 1
end
redis.call('HDEL', KEYS[3], 'first', 'last', 'since')
redis.call('EXPIRE', KEYS[3], FORTNIGHT)
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
