-- KEYS: who waits, the latest of the thread: events may be heard of in another order than they happened in.
-- ARGV: the day's answers, seconds to live, thread id, message id, when it went out, who wrote it, is that certain.
local asked, at = redis.call('HGET', UNANSWERED, ARGV[3]), tonumber(ARGV[5])
local known = redis.call('HGET', ARGV[1], ARGV[4])
if known then
  if ARGV[7] == '1' then redis.call('HSET', ARGV[1], ARGV[4], string.match(known, '^%S+ ') .. ARGV[6]) end
  return
end
local latest = redis.call('HMGET', KEYS[2], 'sent', 'received')
if at >= tonumber(latest[1] or 0) then
  redis.call('HSET', KEYS[2], 'sent', at, 'day', ARGV[1], 'message', ARGV[4], 'member', ARGV[6])
  redis.call('EXPIRE', KEYS[2], 3600)
end
if asked and at >= tonumber(asked) then
  redis.call('HSET', ARGV[1], ARGV[4], string.format('%.3f ', at - tonumber(asked)) .. ARGV[6])
  redis.call('EXPIRE', ARGV[1], ARGV[2])
  if tonumber(latest[2] or 0) > at then
    redis.call('HSET', UNANSWERED, ARGV[3], latest[2])
  else
    redis.call('HDEL', UNANSWERED, ARGV[3])
  end
end
