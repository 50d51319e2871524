-- KEYS: the link, those who are linked, the digest of their address, those who were linked to the member.
-- ARGV: the user, the member, the digest, and what the link was, "-" for none. Answers whether it was still so.
if (redis.call('GET', KEYS[1]) or '-') ~= ARGV[4] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('SET', KEYS[3], ARGV[3])
redis.call('SADD', KEYS[4], ARGV[1])
return 1
