-- include queue/held.lua
-- ARGV[5…]: the item as it is now, the seconds to wait, and the jobs that are done meanwhile (4 each).
push_all(7)
if head(lane) then -- else somebody has dropped it
  redis.call('LSET', lane_key(lane), 0, ARGV[5])
  put_off(lane, redis.call('DEL', hurried(lane)) == 1 and 0 or ARGV[6])
end
hand_in()
return 1
