-- KEYS: the card. ARGV: the snooze's id, and the snooze as it is now.
local known = redis.call('HGET', KEYS[1], 'snoozed')
if known and cjson.decode(known).id == ARGV[1] then redis.call('HSET', KEYS[1], 'snoozed', ARGV[2]) end
