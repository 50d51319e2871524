-- KEYS: the card. ARGV: the message's id, and the message as it is now.
local shown = redis.call('HGET', KEYS[1], 'latest')
if shown and cjson.decode(shown).id == ARGV[1] then redis.call('HSET', KEYS[1], 'latest', ARGV[2]) end
