-- KEYS: what is remembered of a thread. ARGV: for how many seconds from now on at least; then, where that is new, a field
-- and what it says. What lives for good does so while its thread is snoozed: `upkeep/rest.lua`.
if ARGV[2] then redis.call('HSET', KEYS[1], ARGV[2], ARGV[3]) end
local left = redis.call('TTL', KEYS[1])
if left < tonumber(ARGV[1]) and (ARGV[2] or left ~= -1) then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return redis.call('HGETALL', KEYS[1])
