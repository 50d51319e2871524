-- include queue/held.lua
-- ARGV[5…]: why, the seconds that a dead letter is kept, and the jobs that follow (4 each).
redis.call('XADD', DEAD, '*', 'lane', lane, 'item', head(lane), 'reason', ARGV[5])
redis.call('XTRIM', DEAD, 'MINID', '~', math.floor((now() - ARGV[6]) * 1000))
redis.call('LPOP', lane_key(lane))
go_on()
push_all(7)
return 1
