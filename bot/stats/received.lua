-- KEYS: who waits, the latest of the thread: events may be heard of in another order than they happened in.
-- ARGV: the day's messages, seconds to live, thread id, message id, when it came.
if redis.call('HSET', ARGV[1], ARGV[4], ARGV[3]) == 0 then return end
redis.call('EXPIRE', ARGV[1], ARGV[2])
local at, latest = tonumber(ARGV[5]), redis.call('HMGET', KEYS[2], 'sent', 'day', 'message', 'member', 'received')
if at > tonumber(latest[5] or 0) then
  redis.call('HSET', KEYS[2], 'received', at)
  redis.call('EXPIRE', KEYS[2], 3600)
end
if latest[1] and at <= tonumber(latest[1]) then
  if redis.call('HSETNX', latest[2], latest[3], string.format('%.3f ', latest[1] - at) .. latest[4]) == 1 then
    redis.call('EXPIRE', latest[2], ARGV[2])
  end
  return
end
redis.call('HSETNX', UNANSWERED, ARGV[3], ARGV[5])
