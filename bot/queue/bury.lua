-- include queue/held.lua
-- ARGV[5…]: why, the seconds that a dead letter is kept, the lane of its line, and the jobs that follow (4 each).
local item = head(lane)
if item then redis.call('XADD', DEAD, '*', 'lane', lane, 'item', item, 'reason', ARGV[5]) end
redis.call('XTRIM', DEAD, 'MINID', '~', math.floor((now() - ARGV[6]) * 1000))
redis.call('LPOP', lane_key(lane))
go_on()
drop(ARGV[7])
push_all(8)
return 1
