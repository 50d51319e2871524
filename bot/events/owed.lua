-- ARGV: the thread. Answers since when messages of it may have been missed that are not shown.
local owed = redis.call('HGET', OWED, ARGV[1])
if owed or redis.call('SISMEMBER', CAUGHT_UP, ARGV[1]) == 1 then return owed end
return redis.call('HGET', ABSENCE, 'since')
