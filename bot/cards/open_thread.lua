-- KEYS: the card, what waits of the thread. ARGV: channel. The message that the card alone shows is to be shown below it.
local latest = redis.call('HGET', KEYS[1], 'latest')
redis.call('HSET', KEYS[1], 'alone', '0')
if not latest then return 0 end
local entry = '{"channel":' .. cjson.encode(ARGV[1]) .. ',"message":' .. latest .. ',"seq":-1}'
redis.call('HSETNX', KEYS[2], cjson.decode(latest).id, entry)
redis.call('EXPIRE', KEYS[2], WEEK)
return 1
