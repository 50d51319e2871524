-- include store/now.lua
-- include store/believed.lua
-- One slot each `interval` milliseconds, with `burst` in hand (the generic cell rate algorithm). Answers the wait in ms.
--
-- Who waits stands in a queue, by class and then by since when, and in a list of when each was told to come back. A free
-- slot goes to the first in the queue among those who are here: those who were told to come by now, and the one who
-- asks. Of five slots, one goes to whoever has waited longest, so that no class waits for ever.
--
-- KEYS: when the next slot is free, the queue, who comes back when, how many slots were given.
-- ARGV: interval, burst, who asks ("" stands in no queue), their class, since when they wait (ms).
local interval, burst, who, class = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local asked = tonumber(ARGV[5])
local free = believed(KEYS[1], now, interval)
local due = math.max(free, now - interval * (burst - 1))
local CLASS, CLASSES, FIFTH, LATE, FORGOTTEN, LONGEST = 1e13, 3, 5, 1000, 60000, 30000
local function take()
  redis.call('SET', KEYS[1], due + interval, 'PX', interval * (burst + 1))
  return 0
end
if who == '' then return due > now and due - now or take() end

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - FORGOTTEN)) do
  redis.call('ZREM', KEYS[2], gone); redis.call('ZREM', KEYS[3], gone)
end
redis.call('ZADD', KEYS[2], string.format('%.3f', class * CLASS + asked), who)
redis.call('ZADD', KEYS[3], now, who)

local longest, since
for one = 0, CLASSES - 1 do
  local from, to = string.format('%.0f', one * CLASS), string.format('(%.0f', (one + 1) * CLASS)
  local head = redis.call('ZRANGEBYSCORE', KEYS[2], from, to, 'WITHSCORES', 'LIMIT', 0, 1)
  if head[1] and (not since or head[2] - from < since) then longest, since = head[1], head[2] - from end
end

local rank = redis.call('ZRANK', KEYS[2], who)
local given = tonumber(redis.call('GET', KEYS[4]) or 0)
local until_fifth = (FIFTH - 1 - given % FIFTH) % FIFTH
if due <= now then
  local best, first
  for _, one in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], now - LATE, now + interval / 4)) do
    local score = tonumber(redis.call('ZSCORE', KEYS[2], one))
    if until_fifth == 0 and one == longest then score = -1 end
    if score and (not first or score < first) then best, first = one, score end
  end
  if best == who then
    redis.call('ZREM', KEYS[2], who); redis.call('ZREM', KEYS[3], who)
    redis.call('INCR', KEYS[4])
    for at = 2, 4 do redis.call('EXPIRE', KEYS[at], 3600) end
    return take()
  end
end
local slots = who == longest and math.min(rank, until_fifth) or rank
local wait = math.max(due - now, 0) + slots * interval
wait = math.floor(math.min(math.max(wait, interval / 20, 1), LONGEST))
redis.call('ZADD', KEYS[3], now + wait, who)
for at = 2, 4 do redis.call('EXPIRE', KEYS[at], 3600) end
return wait
