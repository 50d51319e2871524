-- include store/now.lua
-- KEYS: what the person has, what they were just given, when Inbox was asked. ARGV: when it began to be asked, and what it
-- showed. What they were given since then, or what Inbox has not confirmed yet, it may not have shown.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1])
redis.call('DEL', KEYS[1])
for at = 2, #ARGV do redis.call('SADD', KEYS[1], ARGV[at]) end
for _, thread in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do redis.call('SADD', KEYS[1], thread) end
redis.call('EXPIRE', KEYS[1], 3600)
redis.call('SET', KEYS[3], now, 'EX', 3600)
return redis.call('SCARD', KEYS[1])
