-- include queue/held.lua
-- ARGV[5…]: the jobs that follow (4 each).
redis.call('LPOP', lane_key(lane))
go_on()
push_all(5)
return 1
