-- include store/now.lua
-- KEYS: what the person was just given, which channels know that nobody is free. ARGV: the thread.
redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])
redis.call('DEL', KEYS[2])
