-- KEYS: waiting, due, the thread's own. ARGV: thread, when it was archived, whether that is by Inbox's clock.
-- What a colleague archived here was all there: their clock may be behind that of the messages.
local own, at, last = KEYS[3], ARGV[2], redis.call('HGET', KEYS[3], 'last')
if last and ARGV[3] == '0' and tonumber(last) > tonumber(at) then at = last end
if tonumber(at) <= tonumber(redis.call('HGET', own, 'closed') or 0) then return 0 end
redis.call('HSET', own, 'closed', at)
if last and tonumber(last) > tonumber(at) then return 0 end
if redis.call('TTL', own) < FORTNIGHT then redis.call('EXPIRE', own, FORTNIGHT) end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
