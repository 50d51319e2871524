-- include store/now.lua
-- include store/believed.lua
-- KEYS: when the channel's next slot is free. ARGV: for how many ms the channel takes no posts.
if now + ARGV[1] > believed(KEYS[1], now, ARGV[1]) then
  redis.call('SET', KEYS[1], (now + ARGV[1]) .. ' ' .. ARGV[1], 'PX', ARGV[1] + 1000)
end
