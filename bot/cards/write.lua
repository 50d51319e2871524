-- KEYS: the card, and what leads to it. ARGV: the seconds that it is kept, the thread's id, then each part's name and
-- what it says now.
for at = 2, #KEYS do redis.call('SADD', KEYS[at], ARGV[2]) end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('HDEL', KEYS[1], 'gone')
redis.call('EXPIRE', KEYS[1], ARGV[1])
