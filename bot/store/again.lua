-- KEYS: all by when to look at them; then, if a reminder is waited for, each one's own wait. ARGV: for each its name,
-- when it was due, and when to look at it again, "" for never. What was put to another time meanwhile stays there.
for at = 1, #ARGV, 3 do
  local name, was, again = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local now, own = redis.call('ZSCORE', KEYS[1], name), KEYS[(at + 5) / 3]
  if now and tonumber(now) == tonumber(was) then
    if again ~= '' then redis.call('ZADD', KEYS[1], again, name) else redis.call('ZREM', KEYS[1], name) end
    if again == '' and own then redis.call('HDEL', own, 'since') end
  end
end
return 1
