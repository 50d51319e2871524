-- ARGV: the key that makes an entry one, its seconds to live, the oldest id to keep, then names and values.
if not redis.call('SET', ARGV[1], '1', 'NX', 'EX', ARGV[2]) then return 0 end
redis.call('XADD', AUDIT, '*', unpack(ARGV, 4))
redis.call('XTRIM', AUDIT, 'MINID', '~', ARGV[3])
return 1
