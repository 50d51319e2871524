-- KEYS: what waits of the thread. ARGV: the message's id, its entry as it was read, the entry as it is now.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
