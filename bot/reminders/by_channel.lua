-- KEYS: who waits. ARGV: since when they may have begun to, how many who wait longer are passed over, and how many are
-- counted. Answers for each channel of a card, "" where there is none, how many wait in it, and since when the first of
-- them does.
local found = redis.call('ZRANGEBYSCORE', WAITING, ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3])
local counts, answer = {}, {}
for at = 1, #found, 2 do
  local channel = redis.call('HGET', PREFIX .. 'card:' .. found[at], 'channel') or ''
  if not counts[channel] then
    answer[#answer + 1] = {channel, 0, found[at + 1]}
    counts[channel] = answer[#answer]
  end
  counts[channel][2] = counts[channel][2] + 1
end
return answer
