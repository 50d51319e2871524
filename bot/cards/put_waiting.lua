-- KEYS: what waits of the thread, the mark of the message, where it is shown. ARGV: its id, the entry, whether an older
-- version set the mark when the message was on its way only. Answers 0, 1 when it waits now, 2 when it did not before.
local fresh = redis.call('SET', KEYS[2], '1', 'NX', 'EX', WEEK)
if ARGV[3] == '1' then fresh = redis.call('EXISTS', KEYS[3]) == 0 end
if fresh then
  redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
  redis.call('EXPIRE', KEYS[1], WEEK)
end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
return fresh and 2 or 1
