-- include queue/held.lua
-- ARGV[5…]: the item as it is now, the seconds to wait, and the jobs that are done meanwhile (4 each).
redis.call('LSET', lane_key(lane), 0, ARGV[5])
push_all(7)
local wait = redis.call('DEL', hurried(lane)) == 1 and 0 or ARGV[6]
redis.call('ZADD', DELAYED, now() + wait, lane)
redis.call('ZADD', DELAYED_SINCE, now(), lane)
hand_in()
return 1
