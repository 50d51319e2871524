-- KEYS: the card. ARGV: the message that it shows.
redis.call('HSET', KEYS[1], 'latest', ARGV[1])
redis.call('HDEL', KEYS[1], 'rested')
