-- KEYS: who waits. ARGV: how many of them are passed over, those who have waited longest, as they have cards; until when
-- a wait is too old to be kept without a card, and how many are looked at. Answers how many are to be passed over next,
-- nil at the end.
local passed, before, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local found = redis.call('ZRANGEBYSCORE', WAITING, '-inf', before, 'LIMIT', passed, count)
for _, thread in ipairs(found) do
  local own = PREFIX .. 'waiting:' .. thread
  local last = redis.call('HGET', own, 'last')
  if redis.call('EXISTS', PREFIX .. 'card:' .. thread) == 1 or (last and tonumber(last) > before) then
    passed = passed + 1
  else
    redis.call('DEL', own, PREFIX .. 'wait-began:' .. thread)
    for _, all in ipairs({WAITING, DUE, TARGETS}) do redis.call('ZREM', all, thread) end
  end
end
return #found == count and passed
