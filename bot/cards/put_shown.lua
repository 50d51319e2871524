-- KEYS: what waits of the thread, the post, where each message is shown. ARGV: channel and ts, then for each message
-- its id and the entry that was posted. Answers the ids whose entries have changed since, and what waits still.
local changed = {}
for at = 3, #KEYS do
  local id, entry = ARGV[at * 2 - 3], ARGV[at * 2 - 2]
  local now = redis.call('HGET', KEYS[1], id)
  if now and now ~= entry then changed[#changed + 1] = id end
  redis.call('HDEL', KEYS[1], id)
  redis.call('HSET', KEYS[at], 'channel', ARGV[1], 'ts', ARGV[2])
  redis.call('EXPIRE', KEYS[at], WEEK)
  redis.call('HSET', KEYS[2], id, entry)
end
redis.call('EXPIRE', KEYS[2], WEEK)
return {changed, redis.call('HVALS', KEYS[1])}
