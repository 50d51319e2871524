-- A sliding count of the last minute from two fixed ones, as the vendor's windows slide. Answers the wait in ms.
-- KEYS: what the names of the counts begin with, then what may hold calls up. ARGV: each window (s) and its limit.
local t = redis.call('TIME'); local now = tonumber(t[1])
local wait = 0
for i = 2, #KEYS do
  local left, meant = redis.call('PTTL', KEYS[i]), tonumber(redis.call('GET', KEYS[i]) or 0)
  if meant > 1 and left > meant + 1000 then redis.call('DEL', KEYS[i]) else wait = math.max(wait, left) end
end
if wait > 0 then return wait end
for i = 1, #ARGV, 2 do
  local window, limit = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local bucket, passed = math.floor(now / window), (now % window) / window
  local this = tonumber(redis.call('GET', KEYS[1] .. window .. ':' .. bucket) or 0)
  local last = tonumber(redis.call('GET', KEYS[1] .. window .. ':' .. (bucket - 1)) or 0)
  if last * (1 - passed) + this + 1 > limit then wait = math.max(wait, math.min(window - now % window, 60) * 1000) end
end
if wait > 0 then return wait end
for i = 1, #ARGV, 2 do
  local key = KEYS[1] .. ARGV[i] .. ':' .. math.floor(now / ARGV[i])
  redis.call('INCR', key)
  redis.call('EXPIRE', key, ARGV[i] * 2)
end
return 0
