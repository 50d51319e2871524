-- include store/now.lua
-- include store/believed.lua
-- KEYS: when the channel's next slot is free. ARGV: for how many ms the channel takes no posts.
local length = tonumber(ARGV[1])
if now + length > believed(KEYS[1], now, length) then
  redis.call('SET', KEYS[1], (now + length) .. ' ' .. length, 'PX', length + 1000)
end
