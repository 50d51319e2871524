-- ARGV: the day's messages, seconds to live, thread id, message id, when it came.
if redis.call('HSET', ARGV[1], ARGV[4], ARGV[3]) == 0 then return end
redis.call('EXPIRE', ARGV[1], ARGV[2])
redis.call('HSETNX', UNANSWERED, ARGV[3], ARGV[5])
