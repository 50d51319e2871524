-- KEYS: the card, its place. ARGV: channel and ts, the thread, channel and ts of the place it is thought to have now,
-- and for how many seconds it is known which card stood where.
-- A new card stands `alone`: nothing of the conversation is below it.
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[6])
local channel, ts = unpack(redis.call('HMGET', KEYS[1], 'channel', 'ts'))
local function is(at) return channel == ARGV[at] and ts == ARGV[at + 1] end
if channel and not is(1) and not is(4) then return 0 end
if not is(1) then redis.call('HSET', KEYS[1], 'channel', ARGV[1], 'ts', ARGV[2], 'alone', '1') end
return 1
