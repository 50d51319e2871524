-- KEYS: who tells of each wait. ARGV: whose claims are given up, when to look then, the thread of each wait.
for at, name in ipairs(KEYS) do
  if redis.call('GET', name) == ARGV[1] then
    redis.call('DEL', name)
    redis.call('ZADD', TARGETS, 'LT', ARGV[2], ARGV[at + 2])
  end
end
