-- KEYS: which channels know that nobody is free. ARGV: the channel, who has told it. Nothing, where somebody was free since.
if redis.call('SREM', KEYS[1], ARGV[1] .. ' ' .. ARGV[2]) == 0 then return 0 end
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], WEEK)
return 1
