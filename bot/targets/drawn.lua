-- KEYS: the card, when to look at threads. ARGV: the thread, by when to answer it ("" without a target), and what the
-- card says of that.
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], 'target')
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[1], 'target', ARGV[3])
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
end
