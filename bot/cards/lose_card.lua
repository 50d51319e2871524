-- KEYS: the card, its place, what waits of the thread. ARGV: channel and ts, then for each message that is to be shown
-- again its id and its entry. Answers whether there is no card now.
local channel, ts = unpack(redis.call('HMGET', KEYS[1], 'channel', 'ts'))
if channel and (channel ~= ARGV[1] or ts ~= ARGV[2]) then return 0 end
redis.call('HDEL', KEYS[1], 'channel', 'ts', 'alone')
redis.call('DEL', KEYS[2])
if #ARGV > 2 then redis.call('HDEL', KEYS[1], 'latest') end  -- the new card begins with the first of them
for at = 3, #ARGV, 2 do redis.call('HSETNX', KEYS[3], ARGV[at], ARGV[at + 1]) end
redis.call('EXPIRE', KEYS[3], WEEK)
return 1
