-- KEYS: the message, all by when to look at them, all to the same person, that it was erased. ARGV: its name, the `rev`
-- that it must have ("": it must not be there, nor have been), the message, when to look at it, for how many seconds it and
-- the list of that person are kept. Answers whether it was written, -1 where it was erased.
if ARGV[2] == '' and redis.call('EXISTS', KEYS[4]) == 1 then return -1 end
local known = redis.call('GET', KEYS[1])
local rev = known and tostring(cjson.decode(known).rev) or ''
if rev ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('EXPIRE', KEYS[3], ARGV[6])
return 1
