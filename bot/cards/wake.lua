-- KEYS: the card, and what leads to it. ARGV: the thread as it was read, or "" where somebody was faster; as it is now;
-- the message that the card shows, or ""; for how many seconds the card is kept; the thread's id.
if redis.call('HGET', KEYS[1], 'thread') == ARGV[1] then
  redis.call('HSET', KEYS[1], 'thread', ARGV[2])
  for at = 2, #KEYS do redis.call('SADD', KEYS[at], ARGV[5]) end
end
if redis.call('HDEL', KEYS[1], 'rested') == 1 and ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'latest', ARGV[3]) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
