-- KEYS: the link, those who are linked, the digest of their address, those who are linked to the member, and those who are to the one before.
-- ARGV: the user, the member, the digest, and what the link was, "-" for none. Answers whether it was still so.
if (redis.call('GET', KEYS[1]) or '-') ~= ARGV[4] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('SET', KEYS[3], ARGV[3])
redis.call('SREM', KEYS[5], ARGV[1])
redis.call('SADD', KEYS[4], ARGV[1])
return 1
