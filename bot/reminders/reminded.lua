-- KEYS: waiting, due, the thread's own. ARGV: thread, since when nobody was reminded.
if redis.call('HGET', KEYS[3], 'since') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[3], 'since')
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
