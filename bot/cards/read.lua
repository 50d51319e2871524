-- KEYS: the card, and the wait of its thread. ARGV: the fields that are wanted of the wait.
return {redis.call('HGETALL', KEYS[1]), redis.call('HMGET', KEYS[2], unpack(ARGV))}
