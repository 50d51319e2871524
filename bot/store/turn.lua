-- include store/now.lua
-- The time of the last turn is kept rather than a lock: who wants its turn sooner than the last one did may have it.
-- KEYS: when the last turn was. ARGV: how many ms lie between two.
local last = tonumber(redis.call('GET', KEYS[1]) or 0)
if last <= now and now - last < tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], now, 'EX', 3600)
return 1
