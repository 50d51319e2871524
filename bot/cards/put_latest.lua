-- KEYS: the card. ARGV: the message that it shows, for how many seconds the card is kept.
redis.call('HSET', KEYS[1], 'latest', ARGV[1])
redis.call('HDEL', KEYS[1], 'rested')
redis.call('EXPIRE', KEYS[1], ARGV[2])
