-- include events/feed.lua
-- ARGV: the event's id, its thread, when it happened, its message, and the other jobs that it asks for (4 each).
-- It is counted, and shown with the digest.
local id, thread, at, message = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if not has_turn(id) then return 0 end
redis.call('ZADD', MISSED, 'LT', at, thread)
redis.call('HINCRBY', MISSED_COUNT, thread, 1)
redis.call('SET', PREFIX .. 'once:missed:' .. message, '1', 'EX', WEEK)
if redis.call('SISMEMBER', CAUGHT_UP, thread) == 0 then redis.call('HSETNX', OWED, thread, at) end
push_all(5)
return 1
