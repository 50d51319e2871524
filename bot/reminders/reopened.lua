-- KEYS: waiting, due, the thread's own. ARGV: thread, when to look, whether a snooze has ended.
-- Who waited when it was archived waits again.
local first, since = unpack(redis.call('HMGET', KEYS[3], 'first', 'since'))
if first then
  redis.call('ZADD', KEYS[1], first, ARGV[1])
  redis.call('PERSIST', KEYS[3])
end
if first and ARGV[3] == '1' then redis.call('HSET', KEYS[3], 'woken', ARGV[2]) end
if since then redis.call('ZADD', KEYS[2], 'NX', ARGV[2], ARGV[1]) end
