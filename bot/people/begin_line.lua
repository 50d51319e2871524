-- KEYS: the line. ARGV: the lane in which it waits to be said or "", the line as it is kept, how long.
if ARGV[1] ~= '' and redis.call('EXISTS', ARGV[1]) == 0 then return 0 end
return redis.call('SET', KEYS[1], ARGV[2], 'NX', 'EX', ARGV[3]) and 1 or 0
