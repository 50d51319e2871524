-- KEYS: who waits, as the figures know them. ARGV: where to go on, until when a wait is too old to be kept without a
-- card, and about how many are looked at. Whoever has written since waits by `reminders/wait.lua` too. Answers where to
-- go on, 0 at the end.
local found, before = redis.call('HSCAN', UNANSWERED, ARGV[1], 'COUNT', ARGV[3]), tonumber(ARGV[2])
for at = 1, #found[2], 2 do
  local thread = found[2][at]
  if tonumber(found[2][at + 1]) <= before and redis.call('EXISTS', PREFIX .. 'card:' .. thread) == 0
    and redis.call('EXISTS', PREFIX .. 'waiting:' .. thread) == 0 then
    redis.call('HDEL', UNANSWERED, thread)
  end
end
return found[1]
