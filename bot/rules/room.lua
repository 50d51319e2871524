-- include store/now.lua
-- KEYS: the mentions of the last hour, those that found no room. ARGV: the conversation and its wait, how many there may be,
-- how many ms an hour has, the rule. Answers whether there is room; the same again for the same wait.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return 1
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], WEEK)
return 0
