-- include store/now.lua
-- KEYS: the turn of this message, the circle of the rule, who is owed a turn in it; then for each person, in order, what
-- they have and what they were just given. ARGV: the thread, how many are the most or "", then for each person the user,
-- the member, and whether they are free. Answers `user|member`, the same again for the same message.
local known = redis.call('GET', KEYS[1])
if known then return known end
local thread, most, count = ARGV[1], tonumber(ARGV[2]), (#ARGV - 2) / 3
local place = {}
for at = 1, count do place[ARGV[at * 3]] = at end

local function free(at)
  return ARGV[at * 3 + 2] == '1' and not (most and redis.call('SCARD', KEYS[at * 2 + 2]) >= most)
end

local function owed()
  for _, user in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
    if place[user] and free(place[user]) then
      redis.call('LREM', KEYS[3], 1, user)
      return place[user]
    end
  end
end

-- Who comes after the last one; where that one is no longer among them, after the place that they had.
local function next_one()
  local user, at = unpack(redis.call('HMGET', KEYS[2], 'user', 'at'))
  local last = place[user or ''] or (tonumber(at or 1) - 1)
  for step = 0, count - 1 do
    local one = (last + step) % count + 1
    if free(one) then
      redis.call('HSET', KEYS[2], 'user', ARGV[one * 3], 'at', one)
      return one
    end
  end
end

local chosen = owed() or next_one()
if not chosen then return false end
local turn, has, given = ARGV[chosen * 3] .. '|' .. ARGV[chosen * 3 + 1], KEYS[chosen * 2 + 2], KEYS[chosen * 2 + 3]
redis.call('SET', KEYS[1], turn, 'EX', WEEK)
redis.call('EXPIRE', KEYS[2], QUARTER)
redis.call('SADD', has, thread)
redis.call('EXPIRE', has, 3600)
redis.call('ZREMRANGEBYSCORE', given, '-inf', now - 3600000) -- what Inbox has not confirmed stays
redis.call('ZADD', given, '+inf', thread)
redis.call('EXPIRE', given, WEEK)
return turn
