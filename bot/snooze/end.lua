-- KEYS: the card, all that are snoozed. ARGV: the thread, the snooze's id or "" for whichever it is.
local known = redis.call('HGET', KEYS[1], 'snoozed')
if known and ARGV[2] ~= '' and cjson.decode(known).id ~= ARGV[2] then return end
redis.call('HDEL', KEYS[1], 'snoozed')
redis.call('ZREM', KEYS[2], ARGV[1])
