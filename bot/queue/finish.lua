-- include queue/held.lua
-- ARGV[5…]: the lane of its line, and the jobs that follow (4 each).
redis.call('LPOP', lane_key(lane))
go_on()
drop(ARGV[5])
push_all(6)
return 1
