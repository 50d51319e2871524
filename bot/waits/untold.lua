-- KEYS: what a person is to be told, the mark of this wait. ARGV: the thread, since when somebody waits there.
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', WEEK) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('EXPIRE', KEYS[1], WEEK)
end
