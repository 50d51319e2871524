-- KEYS: the card, and what leads to it. ARGV: the seconds that it is kept, the thread's id, the thread. Answers whether
-- nothing was known of it.
for at = 2, #KEYS do redis.call('SADD', KEYS[at], ARGV[2]) end
local new = redis.call('HSETNX', KEYS[1], 'thread', ARGV[3])
if new == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return new
