-- ARGV: the day's answers, seconds to live, thread id, message id, when it went out, who wrote it, is that certain.
local asked, at = redis.call('HGET', UNANSWERED, ARGV[3]), tonumber(ARGV[5])
if asked and at >= tonumber(asked) then
  redis.call('HDEL', UNANSWERED, ARGV[3])
  redis.call('HSET', ARGV[1], ARGV[4], string.format('%.3f ', at - tonumber(asked)) .. ARGV[6])
  redis.call('EXPIRE', ARGV[1], ARGV[2])
elseif ARGV[7] == '1' then
  local known = redis.call('HGET', ARGV[1], ARGV[4])
  if known then redis.call('HSET', ARGV[1], ARGV[4], string.match(known, '^%S+ ') .. ARGV[6]) end
end
