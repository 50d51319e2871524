-- KEYS: what a person is to be told. ARGV: for each that they were told of, the thread and since when somebody waits.
for at = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then redis.call('HDEL', KEYS[1], ARGV[at]) end
end
