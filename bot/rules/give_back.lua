-- KEYS: the turn of this message, who is owed a turn, what the person has, what they were just given. ARGV: the turn as it
-- was taken, the user, the thread, whether they are owed another.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
if ARGV[4] == '1' then
  redis.call('SET', KEYS[1], '-|', 'EX', WEEK)
  redis.call('RPUSH', KEYS[2], ARGV[2])
  redis.call('EXPIRE', KEYS[2], WEEK)
else
  redis.call('DEL', KEYS[1])
end
redis.call('SREM', KEYS[3], ARGV[3])
redis.call('ZREM', KEYS[4], ARGV[3])
