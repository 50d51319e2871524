-- KEYS: the version, when its feed was read, where that is kept of an old one. ARGV: the new version, then the keys that
-- belong to the old one. The `seq` of another version may count differently, so its feed is read from the beginning; and
-- whether its webhooks come is not known yet.
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1])
if not before or before == ARGV[1] then return 0 end
redis.call('DEL', unpack(ARGV, 2))
local read = redis.call('GET', KEYS[2])
if read then redis.call('SET', KEYS[3], read) end
return 1
