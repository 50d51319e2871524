-- KEYS: which channels know that nobody is free. ARGV: the channel, who is about to tell it. Answers whether it knows.
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 1 end
redis.call('SADD', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], WEEK) end
return 0
