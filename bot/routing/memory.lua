-- KEYS: what is remembered of a thread. ARGV: for how many seconds from now on.
redis.call('EXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])
